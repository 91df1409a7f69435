import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// Tests of plain functions run without a document, in node, which starts faster.
if (typeof window !== "undefined") {
  // jsdom draws nothing and has no modal dialogs: these stand in for what a browser does.
  HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
    this.open = false;
    this.dispatchEvent(new Event("close"));
  };
  globalThis.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  Element.prototype.scrollIntoView ??= () => undefined;
  vi.stubGlobal("scrollTo", () => undefined);
}

afterEach(() => {
  cleanup();
  if (typeof window !== "undefined") localStorage.clear();
});
