import type { FakeGateway } from '@live-status/simulators/gateway';
import type { Channel, Post, Simulator, SimulatorOptions, User } from '@live-status/simulators/mattermost';
import { AgentWork } from './agent-work.ts';
import type { Pace } from './pace.ts';

const HEADER = 'Live Status demo: a recorded story, nothing here is real';

/** What the simulator of the story is started with: the company's first channel, and its agents' bot. */
export const COMPANY_SIMULATOR: SimulatorOptions = {
  botName: 'openclaw',
  channel: { name: 'shop-team', displayName: 'Shop team', header: HEADER },
};

/** A question to an agent, in a channel. */
export interface Request {
  readonly from: User;
  readonly channel: Channel;
  /** Id of the agent that answers. */
  readonly agent: string;
  readonly message: string;
}

/** What a company is made of. */
export interface CompanyOptions {
  /** Started with {@link COMPANY_SIMULATOR}. */
  readonly simulator: Simulator;
  readonly gateway: FakeGateway;
  readonly pace: Pace;
}

/** A small company with a web shop for coffee: its people and channels, and the OpenClaw that works for it. */
export class Company {
  readonly gateway: FakeGateway;
  readonly pace: Pace;
  /** Runs the shop. */
  readonly mia: User;
  /** Designs it. */
  readonly jonas: User;
  /** Looks after its servers. */
  readonly priya: User;
  readonly shopTeam: Channel;
  readonly design: Channel;
  readonly operations: Channel;
  /** Where work appears that nobody asked for: `DEFAULT_CHANNEL`. */
  readonly nightlyJobs: Channel;
  /** All that agents have done so far, oldest first. */
  readonly works: AgentWork[] = [];
  readonly #simulator: Simulator;
  readonly #narrator: User;

  constructor({ simulator, gateway, pace }: CompanyOptions) {
    this.#simulator = simulator;
    this.gateway = gateway;
    this.pace = pace;
    this.shopTeam = simulator.channel;
    this.design = this.#addChannel('design', 'Design');
    this.operations = this.#addChannel('operations', 'Operations');
    this.nightlyJobs = this.#addChannel('nightly-jobs', 'Nightly jobs');
    this.mia = this.#addMember('mia');
    this.jonas = this.#addMember('jonas');
    this.priya = this.#addMember('priya');
    this.#narrator = this.#addMember('demo', { isBot: true });
  }

  /** A note to the people who watch the demo. */
  note(message: string): void {
    this.write(this.#narrator, this.shopTeam, message);
  }

  /** Somebody writes a message, or a reply in the thread of `rootId`. */
  write(author: User, channel: Channel, message: string, rootId = ''): Post {
    return this.#simulator.writePost({ userId: author.id, channelId: channel.id, message, rootId });
  }

  /** OpenClaw writes a reply in a thread. */
  reply({ channel, rootId }: { readonly channel: Channel; readonly rootId: string }, message: string): void {
    this.write(this.#simulator.bot.user, channel, message, rootId);
  }

  /** Somebody asks an agent, which begins to work in the thread of that message. */
  async ask({ from, channel, agent, message }: Request): Promise<AgentWork> {
    const root = this.write(from, channel, `@openclaw ${message}`);
    const thread = { channel, rootId: root.id };
    const key = `agent:${agent}:mattermost:channel:${channel.id}:thread:${root.id}`;
    await this.pace.wait(0.5);
    return this.#begin(new AgentWork(this, { key, agent, thread }), message, from);
  }

  /** A cron job begins. `name`: as OpenClaw lists it. */
  startJob(name: string, task: string): AgentWork {
    const key = `agent:main:cron:${crypto.randomUUID()}`;
    return this.#begin(new AgentWork(this, { key, agent: 'main', jobName: name }), task);
  }

  #begin(work: AgentWork, message: string, from?: User): AgentWork {
    this.works.push(work);
    return work.begin(message, from);
  }

  #addChannel(name: string, displayName: string): Channel {
    const { team, bot } = this.#simulator;
    const channel = this.#simulator.addChannel({ teamId: team.id, name, displayName, header: HEADER });
    this.#simulator.join(bot.user.id, [channel.id]);
    return channel;
  }

  #addMember(username: string, { isBot = false }: { readonly isBot?: boolean } = {}): User {
    const user = this.#simulator.addUser({ username, isBot });
    const channels = this.#simulator.channels().map(({ id }) => id);
    this.#simulator.join(user.id, [this.#simulator.team.id, ...channels]);
    return user;
  }
}
