import type { Route } from "../http/router.ts";
import { formProtocol } from "../predict/protocol.ts";
import type { Prediction } from "../prediction.ts";

/** POST /predict for the only model, /models/{model}/predict and /models/{model}/versions/{version}/predict for any. */
export function predict(prediction: Prediction): Route[] {
  return [
    { method: "POST", path: "/predict", handle: (ctx) => prediction.answer(ctx, formProtocol) },
    {
      method: "POST",
      path: "/models/{model}/predict",
      handle: (ctx, [model]) => prediction.answer(ctx, formProtocol, model ?? ""),
    },
    {
      method: "POST",
      path: "/models/{model}/versions/{version}/predict",
      handle: (ctx, [model, version]) => prediction.answer(ctx, formProtocol, model ?? "", version),
    },
  ];
}
