import path from "node:path";
import type { Cluster } from "../support/cluster.ts";
import { ensureOwnImage } from "../support/own-image.ts";

const apps = path.join(import.meta.dirname, "apps");

/** The reference of another team's image of Debian's Python, which is then on the node: its server, and its trainer `fit.py`. */
export function pythonImage({ folder }: Pick<Cluster, "folder">): Promise<string> {
  return ensureOwnImage(
    {
      repository: "localhost/another-team/python",
      packages: ["python3-fastapi", "python3-onnx", "python3-prometheus-client", "python3-uvicorn"],
      files: [path.join(apps, "fit.py"), path.join(apps, "server.py")],
      command: ["python3", "-m", "uvicorn", "server:app", "--host=0.0.0.0", "--port=8000"],
    },
    path.join(folder, "state"),
  );
}
