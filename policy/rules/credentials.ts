import { entries, field, items, text } from "../objects/fields.ts";
import { type KubernetesObject, matches, violation } from "../objects/object.ts";
import { containersOf } from "../objects/pods.ts";

/** Names of credentials, in upper case and with `_` between words. */
const CREDENTIAL =
  /(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL)S?$|(^|_)TOKEN$|_(KEYS?|PWD|PASS)$|(^|_)API(KEY|TOKEN)S?$/;

/** Names that end like those of credentials but are not; `*` matches any characters. */
export const NO_CREDENTIALS = [
  "*PUBLIC_KEY",
  "*SORT_KEY",
  "*PARTITION_KEY",
  "*PRIMARY_KEY",
  // Contains the path of a file, not the credential itself.
  "GOOGLE_APPLICATION_CREDENTIALS",
] as const;

/**
 * Environment variables and entries of ConfigMaps with the name of a credential and a literal value, which everyone who can
 * read the object can read. This includes values that a preview does not know yet and values that are marked secret, because
 * the cluster stores both as plain text.
 *
 * @param allowed names that are not credentials, in upper case with `_` between words; `*` matches any characters
 */
export function credentialViolations(object: KubernetesObject, allowed: readonly string[] = NO_CREDENTIALS): string[] {
  const isCredential = (name: string) => CREDENTIAL.test(upperCase(name)) && !matches(allowed, upperCase(name));
  const variables = containersOf(object).flatMap(({ path, fields }) =>
    items(field(fields, "env")).flatMap((variable, index) => {
      const name = text(field(variable, "name")) ?? "";
      if (!isCredential(name) || !hasValue(field(variable, "value"))) return [];
      const where = `${path}.env[${index}].value`;
      return [
        violation(object, where, `${name} is given as plain text; take it from a Secret with valueFrom.secretKeyRef`),
      ];
    }),
  );
  if (object.kind !== "ConfigMap") return variables;
  return ["data", "binaryData"].flatMap((part) =>
    entries(field(object.fields, part))
      .filter(([key, value]) => isCredential(key) && hasValue(value))
      .map(([key]) => violation(object, `${part}.${key}`, "is given as plain text; put it into a Secret")),
  );
}

/** `apiKey`, `api-key` and `api.key` as `API_KEY`. */
function upperCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}

/** Whether the value is literal, and not a reference to another variable, as in `$(DB_PASSWORD)`. */
function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && !/^\$\([^()]+\)$/.test(text(value) ?? "");
}
