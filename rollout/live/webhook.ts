import { errorMessage } from "../../common/errors.ts";
import type { News } from "../driver/actor.ts";

/** Milliseconds that a webhook may take. */
const TIMEOUT = 10_000;

/** Who the news are about. */
export interface NewsSource {
  readonly stack: string;
  readonly model: string;
}

/**
 * Posts news as JSON: `{stack, model, what, weight, text}`. Slack and Mattermost show `text`.
 *
 * @returns why it could not be delivered; undefined if it was
 */
export async function postNews(url: string, source: NewsSource, news: News): Promise<string | undefined> {
  const body = JSON.stringify({ ...source, ...news, text: `${source.stack}, ${source.model}: ${news.text}` });
  try {
    const { ok, status } = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal: AbortSignal.timeout(TIMEOUT),
    });
    return ok ? undefined : `the webhook answered ${status}`;
  } catch (error) {
    const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return `the webhook could not be reached: ${errorMessage(reason)}`;
  }
}
