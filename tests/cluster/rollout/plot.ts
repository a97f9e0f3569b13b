import type { Cluster } from "../support/cluster.ts";
import { Story, type StoryOptions } from "./story.ts";

/** What happens in a story, in order. */
export interface Plot {
  readonly title: string;
  readonly options: StoryOptions;
  readonly scenes: readonly { readonly title: string; readonly play: (story: Story) => Promise<void> }[];
}

/** Plays a plot beside others: most of a rollout's time is waiting for requests. */
export class Performance {
  readonly plot: Plot;
  readonly #results = new Map<string, PromiseWithResolvers<void>>();
  #story: Story | undefined;

  constructor(plot: Plot) {
    this.plot = plot;
    for (const { title } of plot.scenes) {
      const result = Promise.withResolvers<void>();
      // The test of the scene gets the error.
      result.promise.catch(() => undefined);
      this.#results.set(title, result);
    }
  }

  async open(cluster: Cluster): Promise<void> {
    this.#story = await Story.open(cluster, this.plot.options);
  }

  /** Plays the scenes one after the other, in the background. After one that failed the others are not played. */
  async begin(): Promise<void> {
    let failed: string | undefined;
    for (const { title, play } of this.plot.scenes) {
      const result = this.#results.get(title);
      if (this.#story === undefined || result === undefined) throw new Error("the story is not open");
      if (failed !== undefined) {
        result.reject(new Error(`not played, because an earlier scene failed: ${failed}`));
        continue;
      }
      await play(this.#story).then(result.resolve, (error: unknown) => {
        failed = title;
        result.reject(error);
      });
    }
  }

  /** Resolves when the scene has been played. @throws the error of the scene */
  async result(title: string): Promise<void> {
    await this.#results.get(title)?.promise;
  }

  async end(): Promise<void> {
    await this.#story?.end();
  }
}
