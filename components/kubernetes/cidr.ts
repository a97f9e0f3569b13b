/** The bits of an IPv4 or IPv6 address, the highest first; undefined for any other text. */
function bitsOf(address: string): string | undefined {
  const parts = address.includes(":") ? hexadecimal(address) : address.split(".").map(Number);
  const width = address.includes(":") ? 16 : 8;
  return parts.some((part) => !Number.isInteger(part))
    ? undefined
    : parts.map((part) => part.toString(2).padStart(width, "0")).join("");
}

/** The eight groups of an IPv6 address, whose `::` stands for groups of zeros and whose end may be an IPv4 address. */
function hexadecimal(address: string): number[] {
  const [, rest = address, tail] = /^(.*:)([0-9.]+\.[0-9.]+)$/.exec(address) ?? [];
  const [a = 0, b = 0, c = 0, d = 0] = tail?.split(".").map(Number) ?? [];
  const last = tail === undefined ? [] : [a * 256 + b, c * 256 + d];
  const groups = (text: string) =>
    text
      .split(":")
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16));
  const [before = "", after] = rest.split("::");
  const known = [groups(before), [...groups(after ?? ""), ...last]] as const;
  const zeros = Array<number>(Math.max(0, 8 - known[0].length - known[1].length)).fill(0);
  return [...known[0], ...zeros, ...known[1]];
}

/** Whether addresses such as `10.0.0.0/8` are written with their first one: the API server refuses others, such as `10.0.0.1/8`. */
export function isNetworkAddress(cidr: string): boolean {
  const [address = "", length = ""] = cidr.split("/");
  return !(bitsOf(address)?.slice(Number(length)).includes("1") ?? true);
}
