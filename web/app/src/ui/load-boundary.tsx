import { Component, type ReactNode } from "react";
import { LoadFailed } from "../pages/load-failed";

/**
 * Catches what no page could: above all a part of the app that could not be fetched, because the network was away or the
 * server has a newer version by now.
 */
export class LoadBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <LoadFailed /> : this.props.children;
  }
}
