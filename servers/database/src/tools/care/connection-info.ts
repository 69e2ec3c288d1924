import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { maskUrl, readConnectionFacts } from "../../care/connection-info.ts";
import { inBytes } from "../../care/health/check.ts";
import type { State } from "../../state.ts";
import { READS } from "../structure/reads.ts";
import { said } from "../structure/words.ts";
import { untrustedText } from "../untrusted.ts";

const input = z.object({});

const output = z.object({
  driver: z.enum(["embedded", "postgres", "neon"]),
  mode: z.enum(["read-only", "read-write", "admin"]).describe("What DATABASE_MODE allows here"),
  url: z.string().optional().describe("Without what is secret in it"),
  version: z.string(),
  database: z.string(),
  bytes: z.number().optional(),
  user: z.string(),
  attributes: z
    .array(z.string())
    .optional()
    .describe("What the role may do beyond its grants: superuser, bypassrls …"),
  host: z.string().optional(),
  port: z.int().optional(),
  tls: z.string().optional().describe("Version and cipher; left out where there is none"),
  encoding: z.string(),
  timeZone: z.string().optional().describe("Of the server; our answers are in UTC"),
  searchPath: z.string(),
  standby: z.boolean(),
  startedAt: z.string(),
  pool: z.object({ open: z.int(), idle: z.int(), waiting: z.int(), max: z.int() }),
});

export const connectionInfo = defineTool<typeof input, typeof output, State>({
  name: "connection_info",
  title: "Connection info",
  description:
    "Tells what this server is connected to and as whom: driver, mode, address (masked), version, role, size, search path, TLS, connections.",
  profile: "all",
  aliases: ["connectionInfo"],
  input,
  output,
  hints: READS,
  content: ({ pool, bytes, attributes, ...facts }) =>
    untrustedText(
      [
        ...Object.entries(facts).map(([name, value]) => `${name}: ${value}`),
        ...(bytes === undefined ? [] : [`size: ${inBytes(bytes)}`]),
        ...(attributes ? [`role may: ${attributes.join(", ")}`] : []),
        `connections: ${pool.open} open (${pool.idle} idle), ${pool.waiting} waiting, at most ${pool.max}`,
      ].join("\n"),
    ),
  async run(_input, { state, signal }) {
    const { database, config } = state;
    const {
      sessionUser: _sessionUser,
      bytes,
      attributes,
      host,
      port,
      tls,
      timeZone,
      ...facts
    } = await readConnectionFacts(database, { signal });
    return {
      driver: database.kind,
      mode: database.mode,
      ...(config.url === undefined ? {} : { url: maskUrl(config.url) }),
      ...facts,
      ...said({ bytes, attributes, host, port, tls, timeZone }),
      pool: {
        ...database.connections(),
        max: database.kind === "embedded" ? 1 : config.maxConnections,
      },
    };
  },
});
