import { z } from "zod";
import { defaults } from "../../components/defaults/defaults.ts";

const { prices } = defaults;

const Price = z.number().nonnegative("must not be negative").meta({ title: "price" });

/** The prices for the cost estimate. */
export const PricesConfig = z
  .strictObject({
    currency: z.string().min(1).optional().describe(`Currency of the prices. Default: ${prices.currency}.`),
    cpuHour: Price.optional().describe(`Of one CPU for an hour. Default: ${prices.cpuHour}.`),
    memoryGiBHour: Price.optional().describe(`Of one GiB of memory for an hour. Default: ${prices.memoryGiBHour}.`),
    gpuHour: Price.optional().describe(`Of one GPU for an hour. Default: ${prices.gpuHour}.`),
    storageGiBMonth: Price.optional().describe(
      `Of one GiB of storage for a month. Default: ${prices.storageGiBMonth}.`,
    ),
  })
  .describe("Prices of the cost estimate, which the output `cost` shows.");
