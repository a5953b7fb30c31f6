{{- define "citedesk.name" -}}
{{- if contains "citedesk" .Release.Name }}{{ .Release.Name | trunc 45 | trimSuffix "-" }}{{ else }}{{ printf "%s-citedesk" .Release.Name | trunc 45 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "citedesk.selector" -}}
app.kubernetes.io/name: citedesk
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "citedesk.labels" -}}
{{ include "citedesk.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "citedesk.image" -}}
{{- $repository := required "image.repository is missing: where your registry keeps the image of `make image`" .Values.image.repository }}
{{- with .Values.image }}
{{- if .digest }}{{ $repository }}@{{ .digest }}{{ else }}{{ $repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "citedesk.hasWorker" -}}
{{- if and .Values.database .Values.worker.enabled }}true{{ end }}
{{- end }}

{{/* What all pods share, whatever they run: who they are, what they may do, what they read. */}}
{{- define "citedesk.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
serviceAccountName: {{ include "citedesk.name" . }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "citedesk.container" -}}
image: {{ include "citedesk.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
env:
  # Below the mount, whose own mode lets everybody write.
  - name: CITEDESK_DATA_DIR
    value: /var/lib/citedesk/data
  - name: CITEDESK_CONFIG
    value: /etc/citedesk/citedesk.toml
  - name: CITEDESK_SECRETS_DIR
    value: /run/secrets/citedesk
  - name: CITEDESK_SERVER__METRICS_HOST
    value: 0.0.0.0
  - name: CITEDESK_SERVER__METRICS_PORT
    value: {{ .Values.metrics.port | quote }}
  {{- if include "citedesk.hasWorker" . }}
  - name: CITEDESK_INDEX__BUILDS_IN_SERVE
    value: "false"
  {{- end }}
  # For so long a pod that ends is still sent requests by those who have not heard of it.
  - name: CITEDESK_SERVER__UNREADY_S
    value: "10"
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.secrets.environmentFrom }}
envFrom: {{ toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - {name: settings, mountPath: /etc/citedesk, readOnly: true}
  - {name: secrets, mountPath: /run/secrets/citedesk, readOnly: true}
  - {name: data, mountPath: /var/lib/citedesk}
  {{- if .Values.documents.existingClaim }}
  - {name: documents, mountPath: /documents, readOnly: true}
  {{- end }}
  {{- if .Values.backup.existingClaim }}
  - {name: backups, mountPath: /backups}
  {{- end }}
{{- end }}

{{- define "citedesk.volumes" -}}
- name: settings
  configMap:
    name: {{ include "citedesk.name" . }}
- name: secrets
  secret:
    secretName: {{ required "secrets.existingSecret is missing: a Secret with keys such as slack.bot_token" .Values.secrets.existingSecret }}
    defaultMode: 0440
{{- if .Values.documents.existingClaim }}
- name: documents
  persistentVolumeClaim:
    claimName: {{ .Values.documents.existingClaim }}
    readOnly: true
{{- end }}
{{- if .Values.backup.existingClaim }}
- name: backups
  persistentVolumeClaim:
    claimName: {{ .Values.backup.existingClaim }}
{{- end }}
{{- end }}

{{- define "citedesk.scratch" -}}
- name: data
  emptyDir:
    sizeLimit: {{ .Values.cache.sizeLimit }}
{{- end }}

{{- define "citedesk.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 15
  timeoutSeconds: 5
  failureThreshold: 4
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}
