/** Image references of all containers in a value: an object, a list of objects, or a preview of the Pulumi CLI. */
export function imagesIn(value: unknown): Set<string> {
  const found = new Set<string>();
  collect(value, found);
  return found;
}

function collect(value: unknown, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if ((key === "containers" || key === "initContainers") && Array.isArray(part)) {
      for (const { image } of part as readonly { image?: unknown }[]) if (typeof image === "string") found.add(image);
    }
    collect(part, found);
  }
}

/** The full form of a reference, as containerd stores it: `nginx` is `docker.io/library/nginx:latest`. */
export function fullReference(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const name = hasRegistry ? reference : `docker.io/${rest.length === 0 ? "library/" : ""}${reference}`;
  return /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
}
