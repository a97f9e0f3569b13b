import { Command, InvalidArgumentError } from "commander";
import { down } from "../cluster/down.ts";
import { UserError } from "../common/errors.ts";
import { status } from "./status/index.ts";
import { up } from "./up/index.ts";

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new InvalidArgumentError("a port is a number from 1 to 65535");
  return port;
}

const program = new Command("ml-platform").description("The platform on an embedded cluster, or on one of yours.");

program
  .command("up")
  .description("bring everything up: tools, cluster, images, stack")
  .option("--context <name>", "deploy onto this kubeconfig context instead of the embedded cluster")
  .option(
    "--registry <prefix>",
    "HOST/PREFIX to push images to, for a --context that is none of kind, k3d and minikube",
  )
  .option("--port <number>", "port on 127.0.0.1 for the gateway of the embedded cluster (default: 8080)", parsePort)
  .option("--stack <name>", "stack to deploy", "dev")
  .option(
    "--config-file <path>",
    "stack file to read instead of the stack's own; can be repeated, later files override earlier ones",
    (file, files: readonly string[] = []) => [...files, file],
  )
  .option("--take-over", "replace what an earlier release deployed without the Pulumi engine; volumes stay")
  .option(
    "--prometheus",
    "also install Prometheus, Alertmanager and kube-state-metrics on the embedded cluster, after everything else",
  )
  .action(up);

program
  .command("down")
  .description("stop the embedded cluster; its data stay")
  .option("--purge", "delete its data as well")
  .action(down);

program
  .command("status")
  .description("what runs, where, and what is wrong")
  .option("--json", "print JSON")
  .action(status);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
