import { readFile } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../../common/errors.ts";

/** The destination of a comment, and the token to post it with. */
export interface PullRequest {
  /** Address of the API: https://api.github.com. */
  readonly api: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly number: number;
  readonly token: string;
}

const Event = z.object({ pull_request: z.object({ number: z.int() }) });
const Comments = z.array(
  z.object({ id: z.int(), body: z.string().nullish(), user: z.object({ type: z.string() }).nullish() }),
);

/** Comments on one page of the API's response; the API's maximum. */
const PAGE = 100;

/**
 * The pull request that a workflow runs for, by the variables that GitHub Actions sets.
 *
 * @throws UserError if they are not set
 */
export async function pullRequestOf(environment: NodeJS.ProcessEnv): Promise<PullRequest> {
  const { GITHUB_EVENT_PATH, GITHUB_REPOSITORY, GITHUB_TOKEN, GITHUB_API_URL } = environment;
  if (!GITHUB_EVENT_PATH || !GITHUB_REPOSITORY || !GITHUB_TOKEN) {
    throw new UserError(
      "GITHUB_EVENT_PATH, GITHUB_REPOSITORY and GITHUB_TOKEN are not all set",
      "run this in a workflow of GitHub Actions on a pull request, with GITHUB_TOKEN in the step's environment",
    );
  }
  const event = Event.safeParse(JSON.parse(await readFile(GITHUB_EVENT_PATH, "utf8")));
  if (!event.success)
    throw new UserError("the event is not a pull request's", "run this step in a workflow with `on: pull_request`");
  return {
    api: GITHUB_API_URL ?? "https://api.github.com",
    repository: GITHUB_REPOSITORY,
    number: event.data.pull_request.number,
    token: GITHUB_TOKEN,
  };
}

/**
 * Posts a comment on a pull request, replacing the one that begins with the same line.
 *
 * @returns `forbidden` if the token may not comment, such as that of a pull request from a fork
 * @throws UserError if the API returns any other error
 */
export async function postComment(target: PullRequest, body: string): Promise<"created" | "updated" | "forbidden"> {
  const marker = body.split("\n", 1)[0] ?? "";
  const comments = `repos/${target.repository}/issues/${target.number}/comments`;
  const mine = await findComment(target, comments, marker);
  const answer =
    mine === undefined
      ? await ask(target, "POST", comments, { body })
      : await ask(target, "PATCH", `repos/${target.repository}/issues/comments/${mine}`, { body });
  if (answer === "forbidden") return answer;
  return mine === undefined ? "created" : "updated";
}

/** The comment with the marker that a workflow wrote. A person's comment that quotes the marker is not replaced. */
async function findComment(target: PullRequest, comments: string, marker: string): Promise<number | undefined> {
  for (let page = 1; ; page += 1) {
    const answer = await ask(target, "GET", `${comments}?per_page=${PAGE}&page=${page}`);
    const list = Comments.parse(answer === "forbidden" ? [] : answer);
    const mine = list.find(({ body, user }) => user?.type === "Bot" && body?.split("\n", 1)[0]?.trimEnd() === marker);
    if (mine !== undefined || list.length < PAGE) return mine?.id;
  }
}

async function ask(
  { api, token }: PullRequest,
  method: string,
  route: string,
  body?: Readonly<Record<string, string>>,
): Promise<unknown> {
  const response = await fetch(`${api}/${route}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "x-github-api-version": "2022-11-28",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.ok) return response.json();
  if (response.status === 403) return "forbidden";
  throw new UserError(`${method} ${route} was answered with ${response.status}`, await response.text());
}
