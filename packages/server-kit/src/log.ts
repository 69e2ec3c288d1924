import { createRequire } from "node:module";
import type { Logger } from "@trestle/protocol";
import type { Logger as PinoLogger } from "pino";
import { createRedactor } from "./redact.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export interface LoggerOptions {
  /** Anything with `write`; standard error in a program. */
  readonly stderr: { write(text: string): unknown };
  readonly level?: LogLevel;
  /** Values that no line may carry, wherever they stand. */
  readonly secrets?: readonly string[];
}

/** JSON lines on stderr, one per event, without secrets. */
export function createLogger(options: LoggerOptions): Logger {
  let lines: PinoLogger | undefined;
  const open = (): PinoLogger => {
    lines ??= openLines(options);
    return lines;
  };
  return withoutSecrets(fromPino(open, options.level ?? "info"), options.secrets ?? []);
}

/** Loaded with the first line: most starts have nothing to say. */
function openLines({ level = "info", stderr }: LoggerOptions): PinoLogger {
  const { pino, stdTimeFunctions } = createRequire(import.meta.url)(
    "pino",
  ) as typeof import("pino");
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (name) => ({ level: name }) },
    },
    { write: (line) => stderr.write(line) },
  );
}

/** The same log, on which these values never appear. A function cleans by what is known as each line is written. */
export function withoutSecrets(
  log: Logger,
  secrets: readonly string[] | ((value: unknown) => unknown),
): Logger {
  return toCleanLogger(log, typeof secrets === "function" ? secrets : createRedactor(secrets));
}

/** `--verbose` and `DEBUG=trestle:*` ask for everything. */
export function logLevelOf(asked: { verbose?: boolean; debug?: string | undefined }): LogLevel {
  const everything = asked.debug
    ?.split(",")
    .some((part) => /^(\*|trestle(:.*)?)$/.test(part.trim()));
  return asked.verbose || everything ? "debug" : "info";
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

function fromPino(open: () => PinoLogger, least: LogLevel): Logger {
  const write = (level: (typeof LEVELS)[number]): Logger["info"] => {
    if (least === "silent" || LEVELS.indexOf(level) < LEVELS.indexOf(least)) return () => {};
    return (message, fields) => open()[level](fields ?? {}, message);
  };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child(fields) {
      let lines: PinoLogger | undefined;
      const openChild = (): PinoLogger => {
        lines ??= open().child(fields);
        return lines;
      };
      return fromPino(openChild, least);
    },
  };
}

function toCleanLogger(log: Logger, redact: (value: unknown) => unknown): Logger {
  const clean = (fields: Record<string, unknown> | undefined) =>
    redact(fields ?? {}) as Record<string, unknown>;
  return {
    debug: (message, fields) => log.debug(redact(message) as string, clean(fields)),
    info: (message, fields) => log.info(redact(message) as string, clean(fields)),
    warn: (message, fields) => log.warn(redact(message) as string, clean(fields)),
    error: (message, fields) => log.error(redact(message) as string, clean(fields)),
    child: (fields) => toCleanLogger(log.child(clean(fields)), redact),
  };
}
