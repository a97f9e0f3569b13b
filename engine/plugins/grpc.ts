import grpc from "@grpc/grpc-js";
import { errorMessage } from "../../common/errors.ts";

/** No limit for messages: a stack's properties can be larger than gRPC's default of 4 MB. */
export const MESSAGES = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

/** Listens on a free port of the loopback interface, and returns the port. */
export function listen(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

/** A gRPC method from a function, whose errors become the error of the call. */
export function unary<Request, Response>(
  handle: (request: Request, cancelled: AbortSignal) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      callback(null, await handle(call.request, cancellation(call)));
    } catch (error) {
      callback(status(error));
    }
  };
}

/** A gRPC method that sends messages while a function runs, whose errors become the error of the call. */
export function stream<Request, Message>(
  handle: (request: Request, send: (message: Message) => void, cancelled: AbortSignal) => Promise<void>,
): grpc.handleServerStreamingCall<Request, Message> {
  return async (call) => {
    try {
      await handle(call.request, (message) => call.write(message), cancellation(call));
      call.end();
    } catch (error) {
      call.emit("error", status(error));
    }
  };
}

function cancellation(call: grpc.ServerUnaryCall<unknown, unknown> | grpc.ServerWritableStream<unknown, unknown>) {
  const cancelled = new AbortController();
  call.on("cancelled", () => cancelled.abort());
  return cancelled.signal;
}

function status(error: unknown): Partial<grpc.StatusObject> {
  if (error instanceof Error && "code" in error && "details" in error) return error as grpc.ServiceError;
  return { code: grpc.status.UNKNOWN, details: errorMessage(error) };
}
