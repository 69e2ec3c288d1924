import { Outlet, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect, useRef, useState } from "react";
import { PAGES } from "../routes.ts";
import { SkeletonLines } from "../ui/states.tsx";
import { Navigation } from "./navigation.tsx";
import { Palette } from "./palette/palette.tsx";
import { TopBar } from "./top-bar.tsx";
import "./shell.css";

/** What stands around every page. */
export function Shell() {
  const [isNavigating, setNavigating] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const main = useRef<HTMLElement>(null);
  usePaletteKey(() => setAsking(true));
  usePageTitle();
  useFocusOnChange(path, main.current, () => setNavigating(false));
  return (
    <div className="shell">
      <button type="button" className="shell-skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <Navigation open={isNavigating} onOpenChange={setNavigating} />
      <TopBar openNavigation={() => setNavigating(true)} openPalette={() => setAsking(true)} />
      <main className="shell-main" id="main" tabIndex={-1} ref={main}>
        <Suspense fallback={<SkeletonLines lines={6} />}>
          <Outlet />
        </Suspense>
      </main>
      {isAsking && <Palette close={() => setAsking(false)} />}
    </div>
  );
}

/** Ctrl or Cmd with K, wherever one is; a slash where nothing is written. */
function usePaletteKey(open: () => void): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      const isK = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
      const isSlash = event.key === "/" && !isWriting(event.target);
      if (!isK && !isSlash) return;
      event.preventDefault();
      open();
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function usePageTitle(): void {
  const title = useRouterState({
    select: ({ matches }) => {
      const path = matches.at(-1)?.fullPath.replace(/(.)\/$/, "$1");
      return PAGES.find((page) => page.path === path)?.title;
    },
  });
  useEffect(() => {
    document.title = title === undefined ? "Trestle" : `${title} · Trestle`;
  }, [title]);
}

/** Screen readers go on at the top of the page that was opened. */
function useFocusOnChange(path: string, main: HTMLElement | null, then: () => void): void {
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    main?.focus({ preventScroll: true });
    then();
  });
}
