import { Lineage } from "../apps/registry/lineage.ts";
import { renamedSettings } from "./renamed.ts";

export { Commit } from "../apps/registry/lineage.ts";

/** Where a version comes from, as `npm run lineage` prints it. */
export const LineageConfig = renamedSettings(Lineage, { artefact: "artifact", worseThan: "regression" });
