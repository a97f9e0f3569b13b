/** A part of a comment whose last lines may be omitted. */
export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
  /** Text before and after the lines, which is always shown. */
  readonly open: readonly string[];
  readonly close: readonly string[];
}

/**
 * Joins sections within a number of characters. Earlier sections take precedence. A section that does not fit is shortened, and
 * a notice says how many lines are missing.
 *
 * @param head the first lines, which are always shown
 * @param more where the rest is, for that notice: "the summary of the job"
 */
export function fitSections(
  head: readonly string[],
  sections: readonly Section[],
  limit: number,
  more: string,
): string {
  const frames = sections.map((section) => textOf([...section.open, notice(section, 0, more), ...section.close]));
  let text = textOf(head);
  sections.forEach((section, index) => {
    const later = frames.slice(index + 1).reduce((sum, frame) => sum + frame.length, 0);
    text += shorten(section, limit - text.length - later, more);
  });
  return text;
}

function shorten(section: Section, room: number, more: string): string {
  const { open, close, lines } = section;
  const whole = textOf([...open, ...lines, ...close]);
  if (whole.length <= room) return whole;
  let free = room - textOf([...open, notice(section, 0, more), ...close]).length;
  let shown = 0;
  for (const line of lines) {
    free -= line.length + 1;
    if (free < 0) break;
    shown += 1;
  }
  // The notice comes after the end of a code fence, which would otherwise contain it.
  return textOf([
    ...open,
    ...lines.slice(0, shown),
    ...close.slice(0, 1),
    notice(section, shown, more),
    ...close.slice(1),
  ]);
}

function notice({ title, lines }: Section, shown: number, more: string): string {
  // Always the same number of digits, so that the length is known in advance.
  const left = String(lines.length - shown).padStart(String(lines.length).length, " ");
  return `**Shortened:** ${left} of ${lines.length} lines of “${title}” are left out; ${more} has them all.`;
}

function textOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
