import { useMemo } from "react";
import { useAsk } from "../../api/queries.ts";
import { useGo } from "../../lib/navigate.ts";
import { PAGES } from "../../routes.ts";
import { showTheme } from "../theme.ts";
import type { Suggestion } from "./rank.ts";

/** Everything that can be gone to or done: pages, servers, tools, and a few actions. */
export function useSuggestions(): readonly Suggestion[] {
  const go = useGo();
  const found = useAsk("GET discover", {});
  return useMemo(() => {
    const pages = PAGES.filter(({ group }) => group !== undefined).map(({ path, title }) => ({
      id: `page ${path}`,
      label: title,
      kind: "Page",
      run: () => go(path),
    }));
    const servers = (found.data?.servers ?? []).map(({ id }) => ({
      id: `server ${id}`,
      label: String(id),
      kind: "Server",
      run: () => go(`/servers/${String(id)}`),
    }));
    const tools = (found.data?.tools ?? []).map(({ name, title, description }) => ({
      id: `tool ${name}`,
      label: String(name),
      also: `${title ?? ""} ${description ?? ""}`,
      kind: "Tool",
      run: () => go(`/tools/${String(name)}`),
    }));
    return [...pages, ...actions(), ...servers, ...tools];
  }, [found.data, go]);
}

function actions(): Suggestion[] {
  return [
    { id: "light", label: "Light colours", kind: "Action", run: () => showTheme("light") },
    { id: "dark", label: "Dark colours", kind: "Action", run: () => showTheme("dark") },
    { id: "reload", label: "Load everything anew", kind: "Action", run: () => location.reload() },
  ];
}
