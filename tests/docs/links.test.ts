import { access, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { REPOSITORY } from "./pages.ts";

const { stdout } = await execa("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: REPOSITORY,
});
const pages = new Map<string, string>();
for (const page of stdout.split("\n")) {
  const text = await readFile(path.join(REPOSITORY, page), "utf8").catch(() => undefined);
  if (text !== undefined) pages.set(page, text);
}

describe("the pages", () => {
  it("link only to files and headings that exist", async () => {
    const broken: string[] = [];
    for (const [page, text] of pages) {
      for (const target of linksOf(text)) {
        const [file = "", anchor] = target.split("#");
        const place = file === "" ? page : path.join(path.dirname(page), file);
        const isThere = await access(path.join(REPOSITORY, place)).then(
          () => true,
          () => false,
        );
        const headings = anchorsOf(pages.get(place) ?? "");
        if (!isThere || (anchor !== undefined && !headings.has(anchor))) broken.push(`${page}: ${target}`);
      }
    }
    expect(broken).to.deep.equal([]);
  });

  it("mention only npm scripts that exist", async () => {
    const { scripts } = JSON.parse(await readFile(path.join(REPOSITORY, "package.json"), "utf8"));
    const missing = [...pages].flatMap(([page, text]) =>
      [...text.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)]
        .filter(([, script = ""]) => !Object.hasOwn(scripts, script))
        .map(([command]) => `${page}: ${command}`),
    );
    expect(missing).to.deep.equal([]);
  });

  it("mention only suites that exist", async () => {
    const missing: string[] = [];
    for (const [page, text] of pages) {
      for (const [file] of text.matchAll(/tests\/[\w./-]+\.test\.ts/g)) {
        const isThere = await access(path.join(REPOSITORY, file)).then(
          () => true,
          () => false,
        );
        if (!isThere) missing.push(`${page}: ${file}`);
      }
    }
    expect(missing).to.deep.equal([]);
  });

  it("with guides, decisions and reference are all listed in the index", () => {
    const indexes = ["docs/README.md", "docs/decisions/README.md"];
    const linked = new Set(
      indexes.flatMap((index) =>
        linksOf(pages.get(index) ?? "").map((target) => path.join(path.dirname(index), target.split("#")[0] ?? "")),
      ),
    );
    const others = [...pages.keys()].filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
    expect(others.filter((page) => !linked.has(page))).to.deep.equal([]);
  });
});

/** Targets of the links within the repository. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, "").replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that GitHub generates for the headings of a page. */
function anchorsOf(text: string): Set<string> {
  const headings = text.matchAll(/^#+ (.*)$/gm);
  return new Set(
    Array.from(headings, ([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(/\s/g, "-"),
    ),
  );
}
