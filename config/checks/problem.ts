/** A mistake in a stack's configuration: what is wrong, where, and what to do about it. */
export interface ConfigProblem {
  /** Path of the setting, such as `traffic.routes[0].canary`. */
  readonly path: string;
  readonly message: string;
}

/** What a check found. */
export interface Findings {
  readonly problems: readonly ConfigProblem[];
  /** What works, and does less than it seems to do. */
  readonly notices: readonly ConfigProblem[];
}

/** The findings of several checks as one. */
export function combined(found: readonly Findings[]): Findings {
  return { problems: found.flatMap(({ problems }) => problems), notices: found.flatMap(({ notices }) => notices) };
}

/** Duplicate names: one problem for each occurrence after the first. */
export function duplicates<T>(
  items: readonly T[],
  key: (item: T) => string,
  path: (index: number) => string,
): ConfigProblem[] {
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const twin = first.get(key(item));
    if (twin === undefined) {
      first.set(key(item), index);
      return [];
    }
    return [{ path: path(index), message: `"${key(item)}" is already given at ${path(twin)}` }];
  });
}

/** The existing names, for the end of a message. */
export function listed(names: readonly string[]): string {
  return names.length === 0 ? "; there is none" : `; there is ${names.map((name) => `"${name}"`).join(", ")}`;
}
