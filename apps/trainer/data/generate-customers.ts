import { writeFileSync } from "node:fs";
import path from "node:path";
import { randomSource } from "../learn/random.ts";

/** Writes `customers.csv`, synthetic rows for the tabular task: `node apps/trainer/data/generate-customers.ts`. */
export const CUSTOMERS: string = path.join(import.meta.dirname, "customers.csv");

const SEED = 7;
const ROWS = 1500;
const PLANS = ["basic", "plus", "pro"] as const;
const REGIONS = ["east", "north", "south", "west"] as const;
/** Share of empty fields in the columns that may have them. */
const MISSING = 0.04;

/** The table as CSV. The same bytes on every machine. */
export function generateCustomers(): string {
  const random = randomSource(SEED);
  const choose = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)];
  const orEmpty = (value: string) => (random() < MISSING ? "" : value);
  const rows = Array.from({ length: ROWS }, () => {
    const plan = choose(PLANS) ?? "basic";
    const region = choose(REGIONS) ?? "east";
    const age = 18 + Math.floor(random() * 60);
    const months = Math.floor(random() ** 2 * 72);
    const tickets = Math.floor(random() ** 2 * 9);
    const spend = 5 + { basic: 10, plus: 25, pro: 60 }[plan] * (0.6 + 0.8 * random());
    // Early complaints raise the churn rate; a long time as a customer and an expensive plan lower it.
    const pull =
      0.9 * tickets - 0.07 * months - { basic: 0, plus: 0.8, pro: 1.6 }[plan] + (region === "north" ? 0.9 : 0);
    const early = months < 6 && tickets > 2 ? 1.5 : 0;
    const churned = random() < 1 / (1 + Math.exp(-1.6 * (pull + early - 0.6))) ? "yes" : "no";
    return [orEmpty(String(age)), orEmpty(region), plan, months, tickets, orEmpty(spend.toFixed(2)), churned].join(",");
  });
  return `age,region,plan,months,tickets,spend,churned\n${rows.join("\n")}\n`;
}

if (import.meta.main) writeFileSync(CUSTOMERS, generateCustomers());
