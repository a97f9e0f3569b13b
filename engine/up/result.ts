import type { Kubectl } from "../../cluster/kubectl.ts";
import type { Deployed } from "../deploy/options.ts";
import { type Prediction, samplePredictions } from "../status/predictions.ts";
import { stackStatus } from "../status/stack-status.ts";

/**
 * Shows the result of an `up`: the changes, the gateway's URL, and a few predictions from the cluster.
 *
 * @param gatewayUrl URL of the gateway from this machine; undefined if it has none, and then nothing is predicted
 * @throws UserError if a model does not answer
 */
export async function showResult(kubectl: Kubectl, deployed: Deployed, gatewayUrl: string | undefined): Promise<void> {
  console.log(`\n${deployed.engine}`);
  for (const change of deployed.changes) console.log(`  ${change}`);
  if (deployed.changes.length === 0) console.log("  no change");

  const { models } = await stackStatus(kubectl);
  if (gatewayUrl === undefined) {
    console.log("\nThe gateway has no address yet; `kubectl get gateway --all-namespaces` shows it once it has.");
    return;
  }
  const own = models.filter(({ namespace }) => deployed.namespaces.includes(namespace));
  const predictions = await samplePredictions(gatewayUrl, own);
  console.log(`\nGateway: ${gatewayUrl}`);
  for (const prediction of predictions) console.log(predictionLines(prediction));
  const [first] = predictions;
  if (first !== undefined) console.log(`\nTry it:\n  ${curlCommand(first)}`);
}

function predictionLines({ model, request, response }: Prediction): string {
  return `  ${model}\n    ${JSON.stringify(request)}\n    ${JSON.stringify(response)}`;
}

/** A shell expression that reads the key from the status, so that it is not shown and not in the shell's history. */
const apiKeyOf = (model: string) =>
  `$(npm run -s status -- --json | node -pe 'JSON.parse(fs.readFileSync(0)).models.find((m) => m.name === "${model}").apiKey')`;

/** A command that sends a prediction's request again. */
export function curlCommand({ model, url, request, host, withKey }: Prediction): string {
  const headers = [
    "'Content-Type: application/json'",
    ...(host === undefined ? [] : [`'Host: ${host}'`]),
    ...(withKey ? [`"X-API-Key: ${apiKeyOf(model)}"`] : []),
  ];
  const body = JSON.stringify(request).replaceAll("'", "'\\''");
  return `curl -s ${url} ${headers.map((header) => `-H ${header}`).join(" ")} -d '${body}'`;
}
