// What is asked about access and under which suppositions, and the words for a policy.
import type { ReactElement } from 'react'
import type { PolicyPurposes } from '../contract.ts'
import { useText } from '../text.ts'

/** What is supposed of a person who is not here. */
export interface Supposed {
  readonly mfa: boolean
  readonly device: boolean
}

export interface Asked {
  readonly person: string | undefined
  readonly action: string
}

/** The query string of what is supposed. */
export const supposedQuery = ({ mfa, device }: Supposed): string =>
  `mfa=${mfa ? '1' : '0'}&device=${device ? '1' : '0'}`

/** What a policy is for, its id on hover. */
export const Purpose = ({ id, purposes }: { id: string; purposes: PolicyPurposes }): ReactElement => {
  const { both } = useText()
  const label = purposes[id]
  return <span title={id}>{label ? both(label) : id}</span>
}
