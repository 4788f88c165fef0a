/** The part of Mattermost's fork of commonmark.js that is used; the package has no types. */
declare module '@mattermost/commonmark' {
  export interface Node {
    readonly type: string;
    readonly literal: string | null;
    readonly destination: string | null;
    readonly firstChild: Node | null;
    readonly mentionName?: string;
    readonly channelName?: string;
    readonly hashtag?: string;
    walker(): { next(): { readonly entering: boolean; readonly node: Node } | null };
  }
  export class Parser {
    constructor(options?: { readonly minimumHashtagLength?: number });
    parse(text: string): Node;
  }
}
