// Buttons of the sign-in page for providers of identity, and what came of going to one.
import { IdcardOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Divider } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { SignInProviders } from '../contract.ts'
import { useText } from '../text.ts'

const told = new Set([
  'confirm',
  'sso-stale',
  'sso-failed',
  'sso-refused',
  'sso-unreachable',
  'sso-unverified',
  'sso-domain',
  'sso-no-account',
  'sso-no-role',
])

/** Why the browser came back without a session; null where it did not come back. */
export const SignOnResult = (): ReactElement | null => {
  const { t } = useText()
  const code = new URLSearchParams(location.search).get('sso')
  if (code === null) return null
  return (
    <Alert
      type={code === 'confirm' ? 'info' : 'error'}
      showIcon
      title={t(`sso.why.${told.has(code) ? code : 'other'}`)}
      style={{ marginBottom: 14 }}
      data-testid="signin-sso-result"
      data-code={code}
    />
  )
}

export const SignOn = (): ReactElement | null => {
  const { t } = useText()
  const answer = useQuery({
    queryKey: ['health', 'sso'],
    queryFn: () => get<SignInProviders>('/api/sso'),
    staleTime: 60_000,
  })
  const [going, setGoing] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const providers = answer.data?.providers ?? []
  if (providers.length === 0) return null
  const go = async (id: string): Promise<void> => {
    setGoing(id)
    setProblem(null)
    try {
      const { url } = await post<{ url: string }>(`/api/sso/${id}/begin`)
      location.assign(url)
    } catch (error) {
      setProblem(error instanceof TypeError ? t('common.unreachable') : (error as Error).message)
      setGoing(null)
    }
  }
  return (
    <div className="stack" style={{ marginTop: 18 }}>
      <Divider plain style={{ margin: 0 }}>
        {t('sso.or')}
      </Divider>
      {problem === null ? null : <Alert type="error" showIcon title={problem} data-testid="signin-sso-problem" />}
      {providers.map(({ id, name }) => (
        <Button
          key={id}
          size="large"
          block
          icon={<IdcardOutlined />}
          loading={going === id}
          onClick={() => void go(id)}
          data-testid="signin-sso"
        >
          {t('sso.with', { name })}
        </Button>
      ))}
    </div>
  )
}
