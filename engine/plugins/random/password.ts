import { randomInt } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { CheckFailure } from "@pulumi/pulumi/provider/index.js";
import { specialSecretSig, specialSigKey, unknownValue } from "@pulumi/pulumi/runtime/rpc.js";
import bcrypt from "bcryptjs";

/** Properties of a resource as sent by the engine: each may be a secret, and may be unknown in a preview. */
export type Properties = Readonly<Record<string, unknown>>;

type Kind = "Upper" | "Lower" | "Numeric" | "Special";

/** All settings of a password. */
interface Settings {
  readonly length: number;
  readonly upper: boolean;
  readonly lower: boolean;
  readonly numeric: boolean;
  readonly special: boolean;
  readonly minUpper: number;
  readonly minLower: number;
  readonly minNumeric: number;
  readonly minSpecial: number;
  readonly overrideSpecial: string;
  readonly keepers: unknown;
}

/** Cost of the hash, as in the released provider. */
const BCRYPT_COST = 10;

/** Marks state as that of version 3 of the resource's schema; without it the released provider migrates the state. */
const META = JSON.stringify({ schema_version: "3" });

/** The mistakes in the settings. They are not checked while one of them is unknown. */
export function problems(inputs: Properties): CheckFailure[] {
  if (Object.values(inputs).some((value) => plain(value) === unknownValue)) return [];
  const { length, minUpper, minLower, minNumeric, minSpecial, ...settings } = complete(inputs);
  const least = Math.max(1, minUpper + minLower + minNumeric + minSpecial);
  const numbers = { numeric: plain(inputs["numeric"]), number: plain(inputs["number"]) };
  const failures: [boolean, string, string][] = [
    [
      !Number.isInteger(length) || !(length >= least),
      "length",
      `must be a whole number of at least ${least}, the sum of the minimums`,
    ],
    [
      !(settings.upper || settings.lower || settings.numeric || settings.special),
      "special",
      "one of special, upper, lower and numeric must be true",
    ],
    [
      numbers.numeric !== undefined && numbers.number !== undefined && numbers.numeric !== numbers.number,
      "number",
      "is the old name of numeric, and must be the same",
    ],
  ];
  return failures.flatMap(([wrong, property, reason]) => (wrong ? [{ property, reason }] : []));
}

/**
 * Names of the settings that have changed since a password was created. Each change means a new password.
 *
 * @param state what {@link createPassword} or the released provider returned
 */
export function changedSettings(state: Properties, inputs: Properties): string[] {
  const [before, after] = [complete(state), complete(inputs)];
  return Object.keys(after).filter(
    (name) => !isDeepStrictEqual(before[name as keyof Settings], after[name as keyof Settings]),
  );
}

/** Creates a password. Returns its state, in which the password and its bcrypt hash are secret. */
export async function createPassword(inputs: Properties): Promise<Properties> {
  const { overrideSpecial: _, keepers: __, ...settings } = complete(inputs);
  const result = generatePassword(inputs);
  return {
    __meta: META,
    id: "none",
    ...settings,
    number: settings.numeric,
    // Passed on unchanged, so that secrets stay secret.
    ...inputs,
    result: secret(result),
    bcryptHash: secret(await bcrypt.hash(result, BCRYPT_COST)),
  };
}

/** A new password: the minimum number of characters of each kind, filled up with allowed ones, in random order. */
export function generatePassword(inputs: Properties): string {
  const settings = complete(inputs);
  const alphabets: Record<Kind, string> = {
    Upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    Lower: "abcdefghijklmnopqrstuvwxyz",
    Numeric: "0123456789",
    Special: settings.overrideSpecial || "!@#$%&*()-_=+[]{}<>:?",
  };
  const kinds = Object.keys(alphabets) as Kind[];
  const allowed = kinds
    .filter((kind) => settings[kind.toLowerCase() as Lowercase<Kind>])
    .map((kind) => alphabets[kind]);
  const required = kinds.flatMap((kind) => pick(alphabets[kind], settings[`min${kind}`]));
  return shuffle([...required, ...pick(allowed.join(""), settings.length - required.length)]).join("");
}

/** Random characters of an alphabet, uniformly distributed. */
function pick(alphabet: string, count: number): string[] {
  const characters = [...alphabet];
  return Array.from({ length: count }, () => characters[randomInt(characters.length)] ?? "");
}

/** Fisher–Yates shuffle: all orders are equally likely. */
function shuffle(characters: string[]): string[] {
  const shuffled = [...characters];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [shuffled[last], shuffled[other]] = [shuffled[other] ?? "", shuffled[last] ?? ""];
  }
  return shuffled;
}

/** Settings with the defaults of the released provider. */
function complete(properties: Properties): Settings {
  const given = <T>(name: string, otherwise: T) => (plain(properties[name]) ?? otherwise) as T;
  return {
    length: given("length", Number.NaN),
    upper: given("upper", true),
    lower: given("lower", true),
    numeric: given("numeric", given("number", true)),
    special: given("special", true),
    minUpper: given("minUpper", 0),
    minLower: given("minLower", 0),
    minNumeric: given("minNumeric", 0),
    minSpecial: given("minSpecial", 0),
    overrideSpecial: given("overrideSpecial", ""),
    keepers: given("keepers", undefined),
  };
}

function secret(value: string): unknown {
  return { [specialSigKey]: specialSecretSig, value };
}

/** A value without the markers of secrets, recursively. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value ?? undefined;
  if (specialSigKey in value && "value" in value && value[specialSigKey] === specialSecretSig)
    return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}
