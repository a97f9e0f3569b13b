import { z } from "zod";
import { defaultPrices } from "../../components/defaults.ts";

const Price = z.number().nonnegative("must not be negative").meta({ title: "price" });

/** What the cost estimate is made from. */
export const PricesConfig = z
  .strictObject({
    currency: z.string().min(1).optional().describe(`Currency of the prices. Default: ${defaultPrices.currency}.`),
    cpuHour: Price.optional().describe(`Of one CPU for an hour. Default: ${defaultPrices.cpuHour}.`),
    memoryGiBHour: Price.optional().describe(
      `Of one GiB of memory for an hour. Default: ${defaultPrices.memoryGiBHour}.`,
    ),
    gpuHour: Price.optional().describe(`Of one GPU for an hour. Default: ${defaultPrices.gpuHour}.`),
    storageGiBMonth: Price.optional().describe(
      `Of one GiB of storage for a month. Default: ${defaultPrices.storageGiBMonth}.`,
    ),
  })
  .describe("Prices of the cost estimate, which the output `cost` shows.");
