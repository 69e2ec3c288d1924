import { join } from "node:path";
import { TrestleError } from "@trestle/protocol";
import { homeOf, type Machine } from "../config/import/machine.ts";

/** What the system is to start with the person's session. */
export interface ServiceStart {
  /** Program and arguments, absolute where it is a path. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly folder: string;
  readonly logFile: string;
}

/** A service as the system's own manager keeps it. */
export interface ServiceUnit {
  readonly file: string;
  readonly text: string;
  /** To run in this order once the file is there; before it is removed; to see how it does. */
  readonly install: readonly Words[];
  readonly uninstall: readonly Words[];
  readonly status: readonly Words[];
}

type Words = readonly string[];

const UNIT = "trestle.service";
const LABEL = "com.trestle.bridge";

/** For the system of this machine: systemd, launchd. Throws `unsupported` for others. */
export function serviceUnit(start: ServiceStart, machine: Machine): ServiceUnit {
  if (machine.platform === "linux") return systemdUnit(start, machine);
  if (machine.platform === "darwin") return launchdAgent(start, machine);
  throw new TrestleError(
    "unsupported",
    `There is no service for ${machine.platform} here. Let its own scheduler start \`trestle serve\` at login.`,
  );
}

function systemdUnit({ command, env, folder }: ServiceStart, machine: Machine): ServiceUnit {
  const configHome = machine.env.XDG_CONFIG_HOME || join(homeOf(machine), ".config");
  const text = [
    "[Unit]",
    "Description=Trestle: one MCP endpoint for many MCP servers",
    "",
    "[Service]",
    `ExecStart=${command.map(systemdWord).join(" ")}`,
    `WorkingDirectory=${folder.replaceAll("%", "%%")}`,
    ...Object.entries(env).map(([name, value]) => `Environment=${systemdWord(`${name}=${value}`)}`),
    "Restart=on-failure",
    "RestartSec=2",
    // Longer than a bridge lets its running calls take.
    "TimeoutStopSec=60",
    "NoNewPrivileges=true",
    "UMask=0077",
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
  const systemctl = (...words: string[]): Words => ["systemctl", "--user", ...words];
  return {
    file: join(configHome, "systemd", "user", UNIT),
    text,
    install: [systemctl("daemon-reload"), systemctl("enable", "--now", UNIT)],
    uninstall: [systemctl("disable", "--now", UNIT)],
    status: [systemctl("is-active", UNIT)],
  };
}

/** In quotes, with what systemd would replace written so that it does not. */
function systemdWord(word: string): string {
  const plain = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return `"${plain.replaceAll("%", "%%").replaceAll("$", "$$$$")}"`;
}

function launchdAgent(start: ServiceStart, machine: Machine): ServiceUnit {
  const { command, env, folder, logFile } = start;
  const file = join(homeOf(machine), "Library", "LaunchAgents", `${LABEL}.plist`);
  const strings = (words: Words): string =>
    words.map((word) => `    <string>${escaped(word)}</string>`).join("\n");
  const variables = Object.entries(env).map(
    ([name, value]) => `    <key>${escaped(name)}</key>\n    <string>${escaped(value)}</string>`,
  );
  const text = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    "<dict>",
    `  <key>Label</key>\n  <string>${LABEL}</string>`,
    `  <key>ProgramArguments</key>\n  <array>\n${strings(command)}\n  </array>`,
    `  <key>EnvironmentVariables</key>\n  <dict>\n${variables.join("\n")}\n  </dict>`,
    `  <key>WorkingDirectory</key>\n  <string>${escaped(folder)}</string>`,
    "  <key>RunAtLoad</key>\n  <true/>",
    "  <key>KeepAlive</key>\n  <dict>\n    <key>SuccessfulExit</key>\n    <false/>\n  </dict>",
    `  <key>StandardErrorPath</key>\n  <string>${escaped(logFile)}</string>`,
    "</dict>",
    "</plist>",
    "",
  ].join("\n");
  return {
    file,
    text,
    install: [["launchctl", "load", "-w", file]],
    uninstall: [["launchctl", "unload", "-w", file]],
    status: [["launchctl", "list", LABEL]],
  };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
