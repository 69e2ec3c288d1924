import { setting } from "@trestle-mcp/server-kit";
import * as z from "zod";

const DAYS = 3_650;

export const config = z.object({
  dataDir: setting(z.string().min(1).optional(), {
    env: "TRACKER_DATA_DIR",
    description:
      "Folder of what is tracked, made at first use; by default `store` in the server's data folder. Any number of processes share it",
  }),
  redisUrl: setting(z.url({ protocol: /^rediss?(\+cluster)?$/ }).optional(), {
    env: "REDIS_URL",
    description:
      "Keep what is tracked in this Redis instead, in its databases 10 and 1; database 0 is never touched",
    secret: true,
  }),
  redisCluster: setting(z.array(z.string().min(1)).default([]), {
    env: "REDIS_CLUSTER",
    description:
      "Nodes of a Redis Cluster to keep it in instead, as host:port; prefixes of keys take the place of databases there. User, password and TLS are those of REDIS_URL",
  }),
  redisPrefix: setting(z.string().min(1).default("trestle:tracker"), {
    env: "TRACKER_REDIS_PREFIX",
    description: "What all keys in Redis begin with",
  }),
  read: setting(z.boolean().default(true), {
    env: "TRACKER_READ",
    description:
      "Read the transcripts of Claude Code, Codex and Gemini of this user, and what watch was told; without it only pasted chats are tracked",
  }),
  homeDir: setting(z.string().min(1).optional(), {
    env: "TRACKER_HOME_DIR",
    description: "Home in which assistants keep their transcripts; by default that of this user",
  }),
  claudeDir: setting(z.string().min(1).optional(), {
    env: "CLAUDE_CONFIG_DIR",
    description: "Folder of Claude Code; by default `.claude` in the home",
  }),
  codexDir: setting(z.string().min(1).optional(), {
    env: "CODEX_HOME",
    description: "Folder of Codex; by default `.codex` in the home",
  }),
  watchDirs: setting(z.array(z.string().min(1)).default([]), {
    env: "TRACKER_WATCH_DIRS",
    description:
      "Folders below which the tool watch may add files; by default the home without its hidden folders, and /var/log",
  }),
  polling: setting(z.boolean().default(false), {
    env: "TRACKER_POLLING",
    description: "Look for changes instead of being told, for network folders",
  }),
  redactFields: setting(z.array(z.string().min(1)).default([]), {
    env: "TRACKER_REDACT_FIELDS",
    description:
      "Further names of fields whose values are taken out before anything is stored; passwords, tokens and keys always are",
  }),
  redactPatterns: setting(z.array(z.string().min(1)).default([]), {
    env: "TRACKER_REDACT_PATTERNS",
    description:
      "Regular expressions of what else is taken out of any text, as a JSON list or with commas",
  }),
  keepDays: setting(z.int().min(0).max(DAYS).default(0), {
    env: "TRACKER_KEEP_DAYS",
    description: "Days after which records are deleted; 0 keeps them. Sums and tasks stay",
  }),
  maxMb: setting(z.int().min(0).max(1_000_000).default(4_096), {
    env: "TRACKER_MAX_MB",
    description: "Megabytes from which on the oldest records are deleted; 0 is no limit",
  }),
  healthFile: setting(z.string().min(1).optional(), {
    env: "TRACKER_HEALTH_FILE",
    description: "JSON file of the targets whose health is watched",
  }),
  agentsAt: setting(z.string().min(1).optional(), {
    env: "TRACKER_AGENTS_AT",
    description:
      "Where agents on other hosts deliver, as 127.0.0.1:4120, behind a proxy that speaks TLS; by default nowhere",
  }),
  pricesFile: setting(z.string().min(1).optional(), {
    env: "TRACKER_PRICES_FILE",
    description:
      "JSON file of what models cost, in dollars per million tokens; without it the list prices that are known",
  }),
});

export type Config = Readonly<z.output<typeof config>>;
