// The app: who may see which page. Nobody signed in sees sign-in or set-up, everybody else the shell.
import { QueryClient, QueryClientProvider, useQueryClient } from '@tanstack/react-query'
import { App as AntApp, ConfigProvider } from 'antd'
import en from 'antd/locale/en_US'
import zh from 'antd/locale/zh_CN'
import dayjs from 'dayjs'
import 'dayjs/locale/zh-cn'
import { lazy, Suspense, useEffect, type ReactElement } from 'react'
import { BrowserRouter, Route, Routes } from 'react-router'
import { isProblem, onFactorNeeded, onSessionLost } from './api.ts'
import { ConfirmHost } from './parts/confirm.tsx'
import { Failure } from './parts/failure.tsx'
import { Waiting } from './parts/waiting.tsx'
import { enter, refreshMe, useHealth, useSession } from './session.ts'
import { useText } from './text.ts'
import { theme } from './theme.ts'

const Inside = lazy(() => import('./inside.tsx'))
const Reset = lazy(() => import('./pages/reset.tsx'))
const Setup = lazy(() => import('./pages/setup.tsx'))
const SignIn = lazy(() => import('./pages/sign-in.tsx'))
const Enrol = lazy(() => import('./pages/enrol.tsx'))
const NewPassword = lazy(() => import('./pages/new-password.tsx'))

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => !isProblem(error) && count < 2,
    },
  },
})

/** The server puts a nonce into each page; styles made at run time have to carry it. */
const nonce = document.querySelector('meta[name="csp-nonce"]')?.getAttribute('content') ?? ''

export const App = (): ReactElement => {
  const { language } = useText()
  useEffect(() => {
    dayjs.locale(language === 'zh' ? 'zh-cn' : 'en')
  }, [language])
  return (
    <ConfigProvider
      theme={theme}
      locale={language === 'zh' ? zh : en}
      button={{ autoInsertSpace: false }}
      csp={{ nonce }}
    >
      <AntApp message={{ maxCount: 3 }} style={{ height: '100%' }}>
        <QueryClientProvider client={client}>
          <ConfirmHost />
          <BrowserRouter>
            <Suspense fallback={<Waiting />}>
              <Routes>
                <Route path="/setup" element={<Setup />} />
                <Route path="/new-password" element={<Reset />} />
                <Route path="*" element={<Gate />} />
              </Routes>
            </Suspense>
          </BrowserRouter>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  )
}

const Gate = (): ReactElement => {
  const session = useSession()
  const health = useHealth()
  const queries = useQueryClient()
  useEffect(() => {
    onSessionLost(() => {
      if (queries.getQueryData(['me'])) enter(queries, null)
    })
    onFactorNeeded(() => void refreshMe(queries))
  }, [queries])
  if (session.isError) return <Failure error={session.error} again={() => void session.refetch()} />
  if (session.data === undefined) return <Waiting />
  if (session.data === null)
    return <SignIn setupNeeded={health.data?.setupNeeded ?? false} mail={health.data?.mail ?? false} />
  if (session.data.mustChangePassword) return <NewPassword />
  if (session.data.mustEnrol) return <Enrol />
  return <Inside />
}
