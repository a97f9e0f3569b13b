/** An HTTP request that gets a file. */
export interface FileRequest {
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The digest that a file has to have. */
export interface FileDigest {
  /** `git` is the SHA-1 that git gives a blob. */
  readonly algorithm: "sha256" | "git";
  /** In hexadecimal. */
  readonly value: string;
}

/** One file of a source. */
export interface RemoteFile {
  /** Where it belongs in the model's folder, with `/` between folders. */
  readonly path: string;
  /** Size in bytes; undefined if the source does not say. */
  readonly bytes?: number;
  /** What its content has to be; undefined if the source does not say. */
  readonly digest?: FileDigest;
  /** Whether it is an archive (tar, perhaps compressed by gzip) whose files belong into the folder instead. @default false */
  readonly isArchive?: boolean;
  /** The request for its content, made anew for each attempt because signatures and tokens expire. */
  request(): Promise<FileRequest>;
}

/** What a source needs besides its URL. */
export interface SourceContext {
  /** The URL as it was given, for messages. */
  readonly text: string;
  /** Credentials and endpoints, by their usual names. */
  readonly environment: NodeJS.ProcessEnv;
  /** Longest time without a byte, in milliseconds. */
  readonly stallMs: number;
  /** Patterns of the wanted files' paths. @default all files */
  readonly files?: readonly string[];
}
