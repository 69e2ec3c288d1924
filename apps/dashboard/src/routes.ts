import type { ComponentType } from "react";
import type { IconName } from "./ui/icon.tsx";

export interface PageEntry {
  /** As TanStack Router writes it: `/tools/$tool`. */
  readonly path: string;
  readonly title: string;
  /** In the navigation under this heading; without one it is reached from another page. */
  readonly group?: Group;
  readonly icon?: IconName;
  /** Loaded with the first visit: what only this page needs comes along, and no sooner. */
  readonly load: () => Promise<{ readonly Page: ComponentType }>;
}

export type Group = (typeof GROUPS)[number];

/** The headings of the navigation, in their order. */
export const GROUPS = ["Watch", "Build", "Servers of Trestle", "Run"] as const;

/** Every page, in the order of the navigation: one line each. */
export const PAGES: readonly PageEntry[] = [
  {
    path: "/",
    title: "Overview",
    group: "Watch",
    icon: "overview",
    load: () => import("./pages/overview/page.tsx"),
  },
  {
    path: "/servers",
    title: "Servers",
    group: "Watch",
    icon: "servers",
    load: () => import("./pages/servers/page.tsx"),
  },
  { path: "/servers/$server", title: "A server", load: () => import("./pages/server/page.tsx") },
  {
    path: "/tools",
    title: "Tools",
    group: "Watch",
    icon: "tools",
    load: () => import("./pages/tools/page.tsx"),
  },
  { path: "/tools/$tool", title: "A tool", load: () => import("./pages/tool/page.tsx") },
  {
    path: "/history",
    title: "History",
    group: "Watch",
    icon: "history",
    load: () => import("./pages/history/page.tsx"),
  },
  { path: "/history/$execution", title: "A call", load: () => import("./pages/call/page.tsx") },
  {
    path: "/database",
    title: "Database",
    group: "Servers of Trestle",
    icon: "database",
    load: () => import("./pages/database/page.tsx"),
  },
  {
    path: "/workflows",
    title: "Chains and workflows",
    group: "Build",
    icon: "workflows",
    load: () => import("./pages/workflows/page.tsx"),
  },
  {
    path: "/workflows/$workflow",
    title: "A workflow",
    load: () => import("./pages/workflow/page.tsx"),
  },
  {
    path: "/executions/$execution",
    title: "An execution",
    load: () => import("./pages/execution/page.tsx"),
  },
  {
    path: "/swarms",
    title: "Swarms",
    group: "Build",
    icon: "swarms",
    load: () => import("./pages/swarms/page.tsx"),
  },
  { path: "/swarms/$swarm", title: "A swarm", load: () => import("./pages/swarm/page.tsx") },
  {
    path: "/knowledge",
    title: "Knowledge",
    group: "Servers of Trestle",
    icon: "knowledge",
    load: () => import("./pages/knowledge/page.tsx"),
  },
  {
    path: "/knowledge/$diagnosis",
    title: "A diagnosis",
    load: () => import("./pages/diagnosis/page.tsx"),
  },
  {
    path: "/tracker",
    title: "Tracker",
    group: "Servers of Trestle",
    icon: "tracker",
    load: () => import("./pages/tracker/page.tsx"),
  },
  {
    path: "/objects",
    title: "Objects",
    group: "Servers of Trestle",
    icon: "objects",
    load: () => import("./pages/objects/page.tsx"),
  },
  {
    path: "/objects/$class/$id",
    title: "An object",
    load: () => import("./pages/object/page.tsx"),
  },
  {
    path: "/review",
    title: "Review queue",
    group: "Run",
    icon: "review",
    load: () => import("./pages/review/page.tsx"),
  },
  {
    path: "/keys",
    title: "Keys and access",
    group: "Run",
    icon: "keys",
    load: () => import("./pages/keys/page.tsx"),
  },
  {
    path: "/audit",
    title: "Audit",
    group: "Run",
    icon: "audit",
    load: () => import("./pages/audit/page.tsx"),
  },
  {
    path: "/settings",
    title: "Settings",
    group: "Run",
    icon: "settings",
    load: () => import("./pages/settings/page.tsx"),
  },
];
