import path from "node:path";
import { UserError } from "../../common/errors.ts";
import { repositoryRoot } from "../../common/paths.ts";
import { readStack, StackFileError } from "../../render/stack-file.ts";

/**
 * Whether a stack uses one image for both apps: if it sets `combined`, or gives both the same reference.
 *
 * @param files its stack files. @default the stack's own
 * @throws UserError if a stack file cannot be read
 */
export async function usesOneImage(stack: string, files?: readonly string[]): Promise<boolean> {
  const given = files ?? [path.join(repositoryRoot, `Pulumi.${stack}.yaml`)];
  const { project, values } = await readStack(repositoryRoot, given).catch((error: unknown) => {
    if (error instanceof StackFileError) throw new UserError(error.message, "fix it, and run this again");
    throw error;
  });
  const images = readImages(values[`${project}:images`] ?? "{}");
  if (images.combined !== undefined) return images.combined === true;
  return images.inference !== undefined && images.inference === images.trainer;
}

interface WrittenImages {
  readonly combined?: unknown;
  readonly inference?: unknown;
  readonly trainer?: unknown;
}

/** The stack's `images`, unchecked; the stack's schema reports mistakes in them. */
function readImages(text: string): WrittenImages {
  try {
    return Object(JSON.parse(text)) as WrittenImages;
  } catch {
    return {};
  }
}
