/** `T` with some of its optional settings decided. */
export type WithDefaults<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]-?: NonNullable<T[P]> };

/** Settings with the defaults of those that are missing or undefined; a nested object is taken whole. */
export function withDefaults<T extends object, K extends keyof T>(
  defaults: { readonly [P in K]: NonNullable<T[P]> },
  settings: T,
): T & WithDefaults<T, K> {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...settings, ...defaults, ...Object.fromEntries(given) } as T & WithDefaults<T, K>;
}
