// Whoever works beside the owner: made behind the pages, and at a browser of their own.
import assert from 'node:assert/strict'
import type { Actor, Channel, Uuid } from '#kernel'
import type { StaffUser } from '#vault'
import { firstAnswers, password } from '../../support/prepared.ts'
import type { Stage } from './stage.ts'
import { enter, type Visitor } from './visitor.ts'

/** Somebody who was given an account and a password. */
export interface Colleague {
  readonly id: Uuid
  readonly email: string
}

/** The owner's user. */
export const ownerIn = async ({ house, language }: Stage): Promise<StaffUser> => {
  const owner = await house.staff.findByEmail(firstAnswers[language].email)
  assert.ok(owner)
  return owner
}

/** The owner as who works behind the pages. */
export const actorOf = async (stage: Stage, channel: Channel = 'job'): Promise<Actor> =>
  stage.house.actorOf((await ownerIn(stage)).id, { channel, ip: '', mfa: true })

/** A new user with a password of their own. */
export const hire = async (
  stage: Stage,
  role: string,
  email: string,
  name: string,
  teamId: Uuid | null = null,
): Promise<Colleague> => {
  const { house, language } = stage
  const actor = await actorOf(stage)
  const { userId } = await house.invite(actor, { name, email, role, teamId, language })
  await house.identity.setPassword(userId, password, { actor })
  return { id: userId, email }
}

/** A colleague at a browser of their own, signed in. */
export const seat = async (stage: Stage, { email }: Pick<Colleague, 'email'>): Promise<Visitor> => {
  const visitor = await stage.visit()
  await enter(visitor, stage.url, email)
  return visitor
}
