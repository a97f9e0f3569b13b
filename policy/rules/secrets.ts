import { entries, field } from "../objects/fields.ts";
import { type KubernetesObject, violation } from "../objects/object.ts";

/** Values of a Secret that the state would hold as plain text. Values that a preview does not know yet are accepted. */
export function secretViolations(object: KubernetesObject): string[] {
  if (object.kind !== "Secret" || object.apiVersion !== "v1") return [];
  return ["data", "stringData"].flatMap((part) =>
    entries(field(object.fields, part))
      .filter(([, value]) => typeof value === "string" && value !== "")
      .map(([key]) =>
        violation(
          object,
          `${part}.${key}`,
          "is not marked as secret, so the state keeps it in plain text; wrap it in pulumi.secret(…), or set it with `pulumi config set --secret`",
        ),
      ),
  );
}
