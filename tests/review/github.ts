import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

interface Comment {
  readonly id: number;
  body: string;
  readonly user: { readonly type: string };
}

/** The part of GitHub's API that is needed to comment on one pull request. */
export interface GitHub {
  readonly url: string;
  readonly comments: readonly Comment[];
  /** The authorization headers received. */
  readonly tokens: ReadonlySet<string>;
  /** Whether to reject writes, as GitHub does for the token of a pull request from a fork. */
  readOnly: boolean;
  add(body: string, type: "Bot" | "User"): Comment;
  close(): Promise<void>;
}

export async function startGitHub(): Promise<GitHub> {
  const comments: Comment[] = [];
  const tokens = new Set<string>();
  const add = (body: string, type: string) => {
    const comment = { id: comments.length + 1, body, user: { type } };
    comments.push(comment);
    return comment;
  };
  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    tokens.add(request.headers.authorization ?? "none");
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    if (request.method === "GET" && pathname.endsWith("/issues/7/comments")) {
      const [size, page] = ["per_page", "page"].map((name) => Number(searchParams.get(name)));
      return [200, comments.slice(((page ?? 1) - 1) * (size ?? 30), (page ?? 1) * (size ?? 30))];
    }
    if (github.readOnly) return [403, { message: "Resource not accessible by integration" }];
    const { body } = JSON.parse(await textOf(request)) as { body: string };
    if (request.method === "POST" && pathname.endsWith("/issues/7/comments")) return [201, add(body, "Bot")];
    const found = comments.find(({ id }) => pathname.endsWith(`/issues/comments/${id}`));
    if (request.method !== "PATCH" || found === undefined) return [404, { message: "Not Found" }];
    found.body = body;
    return [200, found];
  };
  const server = createServer((request, response) => {
    answer(request).then(
      ([status, body]) => response.writeHead(status).end(JSON.stringify(body)),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const github: GitHub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    comments,
    tokens,
    readOnly: false,
    add,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return github;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
