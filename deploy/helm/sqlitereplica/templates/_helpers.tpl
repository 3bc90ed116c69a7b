{{/* All names are the release's: with the release "sqlitereplica" they are just that. */}}
{{- define "sqlitereplica.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "sqlitereplica.selector" -}}
app.kubernetes.io/name: sqlitereplica-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sqlitereplica.labels" -}}
{{ include "sqlitereplica.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{/* "sqlitereplica.image" (list . "operator"): registry, name and tag */}}
{{- define "sqlitereplica.image" -}}
{{- $root := index . 0 -}}
{{- $image := $root.Values.image -}}
{{- printf "%s%s:%s" $image.registry (index $image (index . 1)) (default $root.Chart.AppVersion $image.tag) -}}
{{- end -}}
