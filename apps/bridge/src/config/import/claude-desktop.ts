import type { Host, HostFile } from "./host.ts";
import { applicationData, localApplicationData, pathsOf } from "./machine.ts";
import { MCP_SERVERS, readSharedEntry, sharedStdioEntry, wrapShared } from "./mcp-servers.ts";

const FILE = ["Claude", "claude_desktop_config.json"];
/** What is installed from the store sees a folder of its own in the place of the usual one. */
const PACKAGE = ["Packages", "Claude_pzs8sxrjxfjjc", "LocalCache", "Roaming"];

export const claudeDesktop: Host = {
  id: "claude-desktop",
  title: "Claude Desktop",
  format: "json",
  restart: "quit Claude Desktop and start it again",
  files(machine) {
    const { join } = pathsOf(machine);
    const file = (...folders: string[]): HostFile => ({
      path: join(...folders, ...FILE),
      scope: "user",
      sections: [MCP_SERVERS],
    });
    const usual = file(applicationData(machine));
    if (machine.platform !== "win32") return [usual];
    return [usual, file(localApplicationData(machine), ...PACKAGE)];
  },
  variables: "none",
  readEntry: readSharedEntry,
  stdioEntry: sharedStdioEntry,
  // Remote servers are added in its settings, not in its file.
  httpEntry: () => undefined,
  wrap: wrapShared,
};
