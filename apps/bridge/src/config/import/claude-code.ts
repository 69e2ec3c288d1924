import { type Host, KEY_VARIABLE } from "./host.ts";
import { homeOf, pathsOf } from "./machine.ts";
import { MCP_SERVERS, readSharedEntry, sharedStdioEntry, wrapShared } from "./mcp-servers.ts";

export const claudeCode: Host = {
  id: "claude-code",
  title: "Claude Code",
  format: "json",
  restart: "start a new session of Claude Code",
  files(machine) {
    const { join } = pathsOf(machine);
    const { cwd, env } = machine;
    const projects = new Set([cwd, cwd.replaceAll("\\", "/")]);
    return [
      {
        path: join(env.CLAUDE_CONFIG_DIR || homeOf(machine), ".claude.json"),
        scope: "user",
        sections: [
          MCP_SERVERS,
          ...[...projects].map((project) => ({
            keys: ["projects", project, "mcpServers"],
            folder: cwd,
          })),
        ],
      },
      {
        path: join(cwd, ".mcp.json"),
        scope: "project",
        sections: [{ ...MCP_SERVERS, folder: cwd }],
      },
    ];
  },
  variables: "environment",
  readEntry: readSharedEntry,
  stdioEntry: (start) => ({ type: "stdio", ...sharedStdioEntry(start) }),
  httpEntry: ({ url, needsKey }) => ({
    type: "http",
    url,
    ...(needsKey && { headers: { Authorization: `Bearer \${${KEY_VARIABLE}}` } }),
  }),
  wrap: wrapShared,
};
