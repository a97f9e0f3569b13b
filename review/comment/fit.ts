/** A part of a comment whose lines may be left out from the end. */
export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
  /** What comes before and after the lines, shown whatever is left out. */
  readonly open: readonly string[];
  readonly close: readonly string[];
}

/**
 * Puts sections together in at most so many characters. Those before are served first; of one that does not fit, as many
 * lines as do are shown, and a line says how many are not.
 *
 * @param head the lines that come first, which are always there
 * @param more where the rest can be seen, for that line: "the summary of the job"
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
  // The notice stands outside of a fence, which the close would otherwise take into it.
  return textOf([
    ...open,
    ...lines.slice(0, shown),
    ...close.slice(0, 1),
    notice(section, shown, more),
    ...close.slice(1),
  ]);
}

function notice({ title, lines }: Section, shown: number, more: string): string {
  // As many digits whatever is shown, so that its length is known before.
  const left = String(lines.length - shown).padStart(String(lines.length).length, " ");
  return `**Shortened:** ${left} of ${lines.length} lines of “${title}” are left out; ${more} has them all.`;
}

function textOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
