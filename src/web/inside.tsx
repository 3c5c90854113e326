// Behind the sign-in: the shell, and one lazy page per address.
import { lazy, Suspense, type ReactElement } from 'react'
import { Navigate, Route, Routes, useParams } from 'react-router'
import { Shell } from './parts/shell.tsx'
import { Waiting } from './parts/waiting.tsx'
import { useCatalogue } from './session.ts'

const Home = lazy(() => import('./pages/home.tsx'))
const List = lazy(() => import('./pages/list.tsx'))
const Print = lazy(() => import('./pages/print.tsx'))
const RecordPage = lazy(() => import('./pages/record.tsx'))
const Pipeline = lazy(() => import('./pages/pipeline.tsx'))
const Import = lazy(() => import('./pages/import.tsx'))
const Journal = lazy(() => import('./pages/journal.tsx'))
const Backup = lazy(() => import('./pages/backup.tsx'))
const Browse = lazy(() => import('./pages/browse.tsx'))
const Review = lazy(() => import('./pages/review.tsx'))
const People = lazy(() => import('./pages/people.tsx'))
const SingleSignOn = lazy(() => import('./pages/single-sign-on.tsx'))
const Provisioning = lazy(() => import('./pages/provisioning.tsx'))
const ApiKeys = lazy(() => import('./pages/api-keys.tsx'))
const Webhooks = lazy(() => import('./pages/webhooks.tsx'))
const Keys = lazy(() => import('./pages/keys.tsx'))
const Fields = lazy(() => import('./pages/fields.tsx'))
const Forms = lazy(() => import('./pages/forms.tsx'))
const Erasure = lazy(() => import('./pages/erasure.tsx'))
const Alarms = lazy(() => import('./pages/alarms.tsx'))
const Emergency = lazy(() => import('./pages/emergency.tsx'))
const Grants = lazy(() => import('./pages/grants.tsx'))
const PolicyChanges = lazy(() => import('./pages/policy-changes.tsx'))
const Recertification = lazy(() => import('./pages/recertification.tsx'))
const Inbox = lazy(() => import('./pages/inbox.tsx'))
const Policies = lazy(() => import('./pages/policies.tsx'))
const SignInSettings = lazy(() => import('./pages/sign-in-settings.tsx'))
const MatrixPage = lazy(() => import('./pages/matrix.tsx'))
const Builder = lazy(() => import('./pages/builder.tsx'))
const Settings = lazy(() => import('./pages/settings.tsx'))
const NotFound = lazy(() => import('./pages/not-found.tsx'))

export default function Inside(): ReactElement {
  return (
    <Shell>
      <Suspense fallback={<Waiting />}>
        <Routes>
          <Route path="/" element={<Home />} />
          <Route path="/sign-in" element={<Navigate to="/" replace />} />
          <Route path="/pipeline" element={<Pipeline />} />
          <Route path="/import" element={<Import />} />
          <Route path="/journal" element={<Journal />} />
          <Route path="/backup" element={<Backup />} />
          <Route path="/backup/browse" element={<Browse />} />
          <Route path="/review" element={<Review />} />
          <Route path="/people" element={<People />} />
          <Route path="/single-sign-on" element={<SingleSignOn />} />
          <Route path="/provisioning" element={<Provisioning />} />
          <Route path="/api-keys" element={<ApiKeys />} />
          <Route path="/webhooks" element={<Webhooks />} />
          <Route path="/keys" element={<Keys />} />
          <Route path="/fields" element={<Fields />} />
          <Route path="/forms" element={<Forms />} />
          <Route path="/erasure" element={<Erasure />} />
          <Route path="/alarms" element={<Alarms />} />
          <Route path="/emergency" element={<Emergency />} />
          <Route path="/grants" element={<Grants />} />
          <Route path="/policies/changes" element={<PolicyChanges />} />
          <Route path="/recertification" element={<Recertification />} />
          <Route path="/inbox" element={<Inbox />} />
          <Route path="/policies" element={<Policies />} />
          <Route path="/policies/matrix" element={<MatrixPage />} />
          <Route path="/policies/builder" element={<Builder />} />
          <Route path="/sign-in-settings" element={<SignInSettings />} />
          <Route path="/settings" element={<Settings />} />
          <Route path="/:plural" element={<ListOfType />} />
          <Route path="/:plural/print" element={<PrintOfType />} />
          <Route path="/:plural/:id" element={<RecordOfType />} />
          <Route path="/:plural/:id/print" element={<PrintOfType />} />
          <Route path="*" element={<NotFound />} />
        </Routes>
      </Suspense>
    </Shell>
  )
}

const ListOfType = (): ReactElement => {
  const types = useCatalogue()
  const { plural } = useParams()
  if (types.length === 0) return <Waiting />
  const type = types.find((each) => each.plural === plural && each.name !== 'user' && each.name !== 'team')
  return type ? <List key={type.name} type={type} /> : <NotFound />
}

const RecordOfType = (): ReactElement => {
  const types = useCatalogue()
  const { plural, id } = useParams()
  if (types.length === 0) return <Waiting />
  const type = types.find((each) => each.plural === plural && each.name !== 'user' && each.name !== 'team')
  return type && id ? <RecordPage key={id} type={type} id={id} /> : <NotFound />
}

const PrintOfType = (): ReactElement => {
  const types = useCatalogue()
  const { plural, id } = useParams()
  if (types.length === 0) return <Waiting />
  const type = types.find((each) => each.plural === plural && each.name !== 'user' && each.name !== 'team')
  return type ? <Print key={id ?? ''} type={type} {...(id === undefined ? {} : { id })} /> : <NotFound />
}
