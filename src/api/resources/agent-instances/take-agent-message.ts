import {
  agentSays,
  type AgentMessage,
  type AgentSaid,
} from '../../../engine/external-agents/agent-messages.ts';
import type { ApiServices } from '../../services.ts';

/** Takes what an agent elsewhere says, by whatever door it came, and wakes who follows. @throws as `agentSays` */
export async function takeAgentMessage(
  engine: Pick<ApiServices, 'now' | 'system' | 'waker'>,
  ownerId: string,
  said: Omit<AgentMessage, 'ownerId'>,
): Promise<AgentSaid> {
  const taken = await agentSays(engine.system, { ...said, ownerId }, engine.now());
  engine.waker.wake('message', taken.instance.conversationId);
  return taken;
}
