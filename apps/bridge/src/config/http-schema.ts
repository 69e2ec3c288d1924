import * as z from "zod";
import { isOrigin } from "./origin.ts";
import { isRange } from "./ranges.ts";
import { reference } from "./reference-schema.ts";

/** The `http` keys: where the bridge listens, and for whom. */
export const httpSchema = z
  .strictObject({
    host: z.string().default("127.0.0.1").describe("Address to listen on."),
    port: z.int().min(0).max(65_535).default(4100).describe("Port; 0 takes a free one."),
    publicUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("Where others reach it, if not at its own address: behind a proxy, say."),
    key: reference.optional().describe("Bearer key that every HTTP caller must present."),
    admin: z
      .boolean()
      .default(false)
      .describe(
        "The administrator may, over REST too, set up what runs programs and reads files of this machine.",
      ),
    allowedHosts: z
      .array(z.string())
      .default([])
      .describe("Host names accepted besides localhost."),
    allowedOrigins: z
      .array(z.string().refine(isOrigin, "must be an origin such as https://app.example.com"))
      .default([])
      .describe("Origins of web pages that may call, besides those of the accepted hosts."),
    trustedProxies: z
      .array(z.string().refine(isRange, "must be an address or a range such as 10.0.0.0/8"))
      .default([])
      .describe(
        "Proxies, by address or range, whose word counts of who a caller is and how it came.",
      ),
    requireHttps: z
      .boolean()
      .default(false)
      .describe("Callers of other machines must have come over TLS, up to a trusted proxy."),
  })
  .prefault({});
