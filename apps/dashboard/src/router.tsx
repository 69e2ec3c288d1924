import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { prefix } from "./api/base.ts";
import { PAGES } from "./routes.ts";
import { NotFound } from "./shell/not-found.tsx";
import { PageProblem } from "./shell/page-problem.tsx";
import { Shell } from "./shell/shell.tsx";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const pages = PAGES.map(({ path, load }) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load, "Page"),
    errorComponent: PageProblem,
  }),
);

export const router = createRouter({
  routeTree: root.addChildren(pages),
  basepath: prefix === "" ? "/" : prefix,
  defaultPreload: "intent",
  scrollRestoration: true,
  // Pages say by themselves that they load.
  defaultPendingMs: 300,
});
