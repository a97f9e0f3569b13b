import { join } from "node:path";

/** Binaries and files of one Go module, built or copied into one folder of the cache. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  /** Folder that `folder` is relative to; not part of the cache key, so a checkout can be anywhere. @default this folder */
  readonly root?: string;
  /** Folder of the Go module, relative to `root`. @default `modules/` and the tool's name */
  readonly folder?: string;
  /** Go packages to build, and the names of their binaries. */
  readonly binaries: readonly { readonly package: string; readonly name: string }[];
  readonly tags?: string;
  /** Linker flags beyond `-s -w`, e.g. version stamps. */
  readonly linkerFlags?: string;
  /** Changes to the sources of modules before the build. */
  readonly patches?: readonly ModulePatch[];
  /** Files of published modules that are needed beside the binaries. */
  readonly files?: readonly ModuleFiles[];
  /** Build time in minutes on two cores with an empty Go cache. Not part of the cache key. */
  readonly minutes: number;
}

/** A tool and its folder in the cache, built or not. */
export interface ToolPlace {
  readonly tool: Tool;
  readonly folder: string;
  readonly built: boolean;
}

/** Files and folders (`from`) of a published module, copied flat under `to`. */
export interface ModuleFiles {
  readonly module: string;
  readonly version: string;
  /** The module's checksum, if no go.sum here lists it. */
  readonly sum?: string;
  readonly from: string;
  readonly to: string;
}

/** Changes to the source of a module, in the version that go.mod requires. */
export interface ModulePatch {
  readonly module: string;
  /** Folders of Go files, and which of their files stay; the others are removed. @default every file of every folder */
  readonly keep?: Readonly<Record<string, readonly string[]>>;
  readonly edits: readonly ModuleEdit[];
}

/** Replaces `text`, which occurs exactly once in `file`, by `by`. */
export interface ModuleEdit {
  readonly file: string;
  readonly text: string;
  readonly by: string;
  /** File that gets the result. @default `file` itself */
  readonly to?: string;
}

/** The Go module folder of a tool. */
export function moduleFolder(tool: Tool): string {
  return join(tool.root ?? import.meta.dirname, tool.folder ?? join("modules", tool.name));
}
