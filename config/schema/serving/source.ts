import { z } from "zod";
import { SourceError } from "../../../apps/sources/errors.ts";
import { parseSource, type Source as SourceUrl } from "../../../apps/sources/source.ts";
import { defaults } from "../../../components/defaults/defaults.ts";
import { KubernetesName, Quantity, VariableName } from "../values.ts";

/** What is wrong with the URL of a source; undefined if nothing is. */
function faultOf(url: string): string | undefined {
  try {
    parseSource(url);
    return undefined;
  } catch (error) {
    if (error instanceof SourceError) return error.message;
    throw error;
  }
}

const Url = z
  .string()
  .superRefine((url, context) => {
    const message = faultOf(url);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  })
  .meta({ title: "source" });

/** Variables that hold credentials, which would be in plain text here. */
const SECRET_VARIABLE = /SECRET|PASSWORD|TOKEN|ACCESS_KEY|DOCKER_AUTH_CONFIG|CREDENTIAL/i;

const ENDPOINTS = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "HF_ENDPOINT"];

const Settings = z.strictObject({
  url: Url.describe(
    "`s3://BUCKET/KEY`, `gs://BUCKET/KEY`, `https://HOST/PATH`, `hf://OWNER/NAME@REVISION` or `oci://REGISTRY/NAME@sha256:DIGEST`; with `/` at the end the whole folder.",
  ),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal, as `npm run fetch` prints it")
    .optional()
    .describe("Digest of the source, as `npm run fetch` prints it; anything else is refused. Default: any."),
  files: z
    .array(z.string().min(1))
    .min(1, "needs at least one pattern")
    .optional()
    .describe('Patterns of the wanted files, such as "*.onnx". Default: all.'),
  secret: KubernetesName.optional().describe(
    "Name under `secrets` with the credentials: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, `HF_TOKEN`, `SOURCE_TOKEN`, `SOURCE_USERNAME` and `SOURCE_PASSWORD`, or a registry's. Default: none.",
  ),
  environment: z
    .record(VariableName, z.string())
    .superRefine((variables, context) => {
      for (const name of ENDPOINTS.filter((one) => variables[one] !== undefined)) {
        const isUrl = /^https?:\/\/[^/]/.test(variables[name] ?? "") && URL.canParse(variables[name] ?? "");
        if (!isUrl)
          context.addIssue({
            code: "custom",
            path: [name],
            message: "must be a URL such as http://minio.storage.svc:9000",
          });
      }
      for (const name of Object.keys(variables).filter((one) => SECRET_VARIABLE.test(one))) {
        context.addIssue({
          code: "custom",
          path: [name],
          message: "would be in plain text; put it into a Secret, and name that as `secret`",
        });
      }
    })
    .optional()
    .describe("Endpoints, such as `AWS_ENDPOINT_URL`, `AWS_REGION`, `HF_ENDPOINT`. Default: those of the providers."),
  storage: z
    .enum(["pod", "claim"])
    .optional()
    .describe(
      `Where the files are kept: in a volume of each pod, or in the models volume, fetched once for all pods. Default: ${defaults.source.storage}.`,
    ),
  size: Quantity.optional().describe("Most space that the files may take in a pod's volume. Default: no limit."),
  imageVolume: z
    .boolean()
    .optional()
    .describe(
      `For \`oci://\`: the node pulls the image and mounts its files (Kubernetes 1.35 and newer), once for all pods on it. Default: ${defaults.source.imageVolume}.`,
    ),
  deadlineSeconds: z
    .int32()
    .min(1)
    .optional()
    .describe(
      `Time until a deployment that still fetches counts as failed. Default: ${defaults.source.deadlineSeconds}.`,
    ),
});

function kindOf(url: string): SourceUrl["kind"] {
  return parseSource(url).kind;
}

/** Where a version's model comes from, instead of the models volume. */
export const Source = z
  .union([Url.transform((url): z.infer<typeof Settings> => ({ url })), Settings], {
    error: ({ input }) =>
      (typeof input === "string" ? faultOf(input) : undefined) ??
      "must be the URL of a source, such as s3://bucket/models/1/, or {url: …} with its settings",
  })
  .refine(({ url, imageVolume }) => imageVolume !== true || (kindOf(url) === "oci" && url.includes("@sha256:")), {
    path: ["imageVolume"],
    error: "needs an `oci://` source with its digest, oci://REGISTRY/NAME@sha256:DIGEST",
  })
  .refine(
    ({ imageVolume, ...rest }) =>
      imageVolume !== true || (rest.storage ?? rest.size ?? rest.files ?? rest.sha256) === undefined,
    {
      path: ["imageVolume"],
      error: "mounts the image as it is; omit `storage`, `size`, `files` and `sha256`",
    },
  )
  .refine(({ storage, size }) => storage !== "claim" || size === undefined, {
    path: ["size"],
    error: "is the size of a pod's volume; the models volume has `storage.models.size`",
  })
  .refine(
    ({ url, files = [] }) =>
      !/^https?:.*\/$/.test(url) || (files.length > 0 && !files.some((one) => /[*?[\]{}]/.test(one))),
    {
      path: ["files"],
      error: "must name the files, because HTTP cannot list a folder; for example [model.onnx]",
    },
  );
