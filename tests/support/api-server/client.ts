import { Agent, request } from "node:https";
import type { KubernetesObject } from "../../../render/rendered.ts";

/** Where the API server listens on 127.0.0.1, and the certificates to talk to it. */
export interface Connection {
  readonly port: number;
  readonly authority: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** What the API server says of a request. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Its `Warning` headers: settings that it takes and ignores, or that pods will fail with. */
  readonly warnings: readonly string[];
}

/** A kind that the API server has. */
interface Resource {
  readonly plural: string;
  readonly namespaced: boolean;
}

const DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** The parts of the discovery document that are read. */
interface Discovery {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly scope: string;
        readonly responseKind: { readonly kind: string };
      }[];
    }[];
  }[];
}

/** A client of one API server, with the rights of an administrator. */
export class ApiClient {
  readonly #connection: Connection;
  readonly #agent = new Agent({ keepAlive: true });
  #kinds: ReadonlyMap<string, Resource> = new Map();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** True once the API server is ready; undefined before. */
  async isReady(): Promise<true | undefined> {
    const { status } = await this.send("GET", "/readyz").catch(() => ({ status: 0 }));
    return status === 200 ? true : undefined;
  }

  /** Whether the API server has a kind; asks it again what it has if not. */
  async has(apiVersion: string, kind: string): Promise<boolean> {
    if (!this.#kinds.has(`${apiVersion}/${kind}`)) this.#kinds = await this.#discover();
    return this.#kinds.has(`${apiVersion}/${kind}`);
  }

  /**
   * Applies an object by server-side apply, without fields that its kind does not have.
   *
   * @param dryRun whether nothing is stored; admission and validation are the same
   * @throws Error if the API server does not have the kind
   */
  async apply(object: KubernetesObject, { dryRun }: { readonly dryRun: boolean }): Promise<Answer> {
    const query = new URLSearchParams({ fieldManager: "test", force: "true", fieldValidation: "Strict" });
    if (dryRun) query.set("dryRun", "All");
    return this.send("PATCH", `${await this.#path(object)}/${object.metadata.name}?${query}`, object);
  }

  /** Whether the API server would create a pod: unlike an object with a pod template, a pod meets the namespace's limits. */
  async createPod(namespace: string, pod: object): Promise<Answer> {
    const query = "dryRun=All&fieldValidation=Strict";
    const body = { apiVersion: "v1", kind: "Pod", ...pod };
    return this.send("POST", `/api/v1/namespaces/${namespace}/pods?${query}`, body);
  }

  async delete(object: KubernetesObject): Promise<Answer> {
    return this.send("DELETE", `${await this.#path(object)}/${object.metadata.name}`);
  }

  async #path({ apiVersion, kind, metadata }: KubernetesObject): Promise<string> {
    if (!(await this.has(apiVersion, kind))) throw new Error(`the API server has no ${apiVersion} ${kind}`);
    const { plural, namespaced } = this.#kinds.get(`${apiVersion}/${kind}`) as Resource;
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    return namespaced ? `${root}/namespaces/${metadata.namespace}/${plural}` : `${root}/${plural}`;
  }

  async #discover(): Promise<ReadonlyMap<string, Resource>> {
    const answers = await Promise.all(["/api", "/apis"].map((path) => this.send("GET", path)));
    const kinds = answers
      .flatMap(({ body }) => (body as Discovery).items)
      .flatMap(({ metadata: { name: group }, versions }) =>
        versions.flatMap(({ version, resources = [] }) =>
          resources.map(({ resource, scope, responseKind }) => {
            const apiVersion = group === undefined || group === "" ? version : `${group}/${version}`;
            const value = { plural: resource, namespaced: scope === "Namespaced" };
            return [`${apiVersion}/${responseKind.kind}`, value] as const;
          }),
        ),
      );
    return new Map(kinds);
  }

  send(method: string, path: string, body?: object): Promise<Answer> {
    const { port, authority, certificate, key } = this.#connection;
    const headers = {
      accept: DISCOVERY,
      ...(path.startsWith("/api/") || path.startsWith("/apis/") ? { accept: "application/json" } : {}),
      ...(body === undefined
        ? {}
        : { "content-type": method === "PATCH" ? "application/apply-patch+yaml" : "application/json" }),
    };
    const credentials = { ca: authority, cert: certificate, key };
    return new Promise((resolve, reject) => {
      const options = { agent: this.#agent, host: "127.0.0.1", port, path, method, headers, ...credentials };
      const sent = request(options, async (response) => {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
        const json = /json/.test(response.headers["content-type"] ?? "");
        resolve({
          status: response.statusCode ?? 0,
          body: json ? JSON.parse(text) : text,
          warnings: warningsOf(response.headersDistinct["warning"] ?? []),
        });
      });
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/** The texts of `Warning` headers, such as `299 - "unknown field"`. */
function warningsOf(headers: readonly string[]): string[] {
  return headers.flatMap((header) =>
    [...header.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replaceAll(/\\(.)/g, "$1")),
  );
}
