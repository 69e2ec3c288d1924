import * as z from "zod";
import { serverState, shape } from "./shape.ts";

const configKey = shape("ConfigKey", {
  key: z.string(),
  value: z.unknown().optional(),
  source: z.enum(["default", "file", "environment", "command line"]),
  where: z.string().optional(),
  pending: z.unknown().optional().describe("Takes effect at the next start."),
  meaning: z.string(),
});

export const configAnswer = shape("Configuration", {
  file: z.string().optional(),
  keys: z.array(configKey),
});

const change = {
  file: z.string(),
  backup: z.string().optional(),
  in_effect: z.boolean(),
  warnings: z.array(z.string()),
};

export const configChanged = shape("ConfigChanged", {
  key: z.string(),
  ...change,
  now: configKey.optional(),
});

export const serverChanged = shape("ServerChanged", {
  name: z.string(),
  id: z.string(),
  ...change,
});

export const serverRestarted = shape("ServerRestarted", {
  server: z.string(),
  restarted: z.literal(true),
});

export const serverComplaints = shape("ServerComplaints", {
  server: z.string(),
  state: serverState,
  last_error: z.string().optional(),
  lines: z.array(z.string()),
});
