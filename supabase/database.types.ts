export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  "chat": {
    Tables: {
      [_ in never]: never;
    };
    Views: {
      "benchmark_drafts": {
        Row: {
          "created_at": string;
          "draft_id": string;
          "image_count": number | null;
          "model_ids": (string)[] | null;
          "name": string;
          "priorities": (string)[];
          "prompt": string | null;
          "runs_per_image": number;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string | null;
          "draft_id"?: string | null;
          "image_count"?: never;
          "model_ids"?: never;
          "name"?: string | null;
          "priorities"?: (string)[] | null;
          "prompt"?: never;
          "runs_per_image"?: number | null;
          "updated_at"?: string | null;
        };
        Update: {
          "created_at"?: string | null;
          "draft_id"?: string | null;
          "image_count"?: never;
          "model_ids"?: never;
          "name"?: string | null;
          "priorities"?: (string)[] | null;
          "prompt"?: never;
          "runs_per_image"?: number | null;
          "updated_at"?: string | null;
        };
        Relationships: [];
      };
      "benchmark_field_errors": {
        Row: {
          "actual": string | null;
          "benchmark_id": string;
          "effort": string | null;
          "expected": string | null;
          "field_path": string | null;
          "kind": string | null;
          "model_id": string | null;
          "occurrences": number | null;
          "percent_of_runs": number | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "benchmark_runs_report_id_fkey";
            columns: ["benchmark_id"];
            isOneToOne: false;
            referencedRelation: "benchmarks";
            referencedColumns: ["benchmark_id"];
          },
        ];
      };
      "benchmark_model_results": {
        Row: {
          "accuracy_percent": number | null;
          "accuracy_spread": number | null;
          "benchmark_completed_at": string | null;
          "benchmark_id": string;
          "benchmark_name": string | null;
          "benchmark_status": string;
          "correct_fields": number | null;
          "cost_per_correct_field_usd": number | null;
          "cost_per_run_usd": number | null;
          "cost_usd": number | null;
          "effort": string | null;
          "exact_match_percent": number | null;
          "input_tokens": number | null;
          "is_recommended": boolean | null;
          "median_response_ms": number | null;
          "model_id": string | null;
          "model_name": string | null;
          "output_tokens": number | null;
          "p95_response_ms": number | null;
          "provider": string | null;
          "reasoning_tokens": number | null;
          "runs_completed": number | null;
          "runs_failed": number | null;
          "tier": string | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "benchmark_runs_report_id_fkey";
            columns: ["benchmark_id"];
            isOneToOne: false;
            referencedRelation: "benchmarks";
            referencedColumns: ["benchmark_id"];
          },
        ];
      };
      "benchmark_runs": {
        Row: {
          "accuracy_percent": number | null;
          "attempts": number | null;
          "benchmark_id": string;
          "cached_tokens": number | null;
          "completed_at": string | null;
          "correct_fields": number | null;
          "cost_usd": number | null;
          "created_at": string;
          "effort": string | null;
          "error_kind": string | null;
          "error_message": string | null;
          "estimated_cost_usd": number | null;
          "extra_fields": number | null;
          "image_index": number | null;
          "input_tokens": number | null;
          "is_exact_match": boolean | null;
          "is_valid_json": boolean | null;
          "missing_fields": number | null;
          "model_id": string | null;
          "output_json": Json | null;
          "output_tokens": number | null;
          "reasoning_tokens": number | null;
          "repeat_index": number | null;
          "response_time_ms": number | null;
          "run_id": string;
          "skip_reason": string | null;
          "started_at": string | null;
          "status": string | null;
          "wrong_fields": number | null;
        };
        ComputedFields: never;
        Insert: {
          "accuracy_percent"?: never;
          "attempts"?: never;
          "benchmark_id"?: string | null;
          "cached_tokens"?: never;
          "completed_at"?: string | null;
          "correct_fields"?: never;
          "cost_usd"?: never;
          "created_at"?: string | null;
          "effort"?: never;
          "error_kind"?: never;
          "error_message"?: never;
          "estimated_cost_usd"?: never;
          "extra_fields"?: never;
          "image_index"?: never;
          "input_tokens"?: never;
          "is_exact_match"?: boolean | null;
          "is_valid_json"?: boolean | null;
          "missing_fields"?: never;
          "model_id"?: never;
          "output_json"?: never;
          "output_tokens"?: never;
          "reasoning_tokens"?: never;
          "repeat_index"?: never;
          "response_time_ms"?: never;
          "run_id"?: string | null;
          "skip_reason"?: never;
          "started_at"?: string | null;
          "status"?: never;
          "wrong_fields"?: never;
        };
        Update: {
          "accuracy_percent"?: never;
          "attempts"?: never;
          "benchmark_id"?: string | null;
          "cached_tokens"?: never;
          "completed_at"?: string | null;
          "correct_fields"?: never;
          "cost_usd"?: never;
          "created_at"?: string | null;
          "effort"?: never;
          "error_kind"?: never;
          "error_message"?: never;
          "estimated_cost_usd"?: never;
          "extra_fields"?: never;
          "image_index"?: never;
          "input_tokens"?: never;
          "is_exact_match"?: boolean | null;
          "is_valid_json"?: boolean | null;
          "missing_fields"?: never;
          "model_id"?: never;
          "output_json"?: never;
          "output_tokens"?: never;
          "reasoning_tokens"?: never;
          "repeat_index"?: never;
          "response_time_ms"?: never;
          "run_id"?: string | null;
          "skip_reason"?: never;
          "started_at"?: string | null;
          "status"?: never;
          "wrong_fields"?: never;
        };
        Relationships: [
          {
            foreignKeyName: "benchmark_runs_report_id_fkey";
            columns: ["benchmark_id"];
            isOneToOne: false;
            referencedRelation: "benchmarks";
            referencedColumns: ["benchmark_id"];
          },
        ];
      };
      "benchmarks": {
        Row: {
          "benchmark_id": string;
          "completed_at": string | null;
          "cost_usd": number | null;
          "created_at": string;
          "duration_seconds": number | null;
          "error_message": string | null;
          "estimated_cost_usd": number;
          "image_count": number | null;
          "is_partial": boolean;
          "model_count": number;
          "name": string | null;
          "paid_at": string | null;
          "partial_reason": string | null;
          "priorities": (string)[] | null;
          "prompt": string | null;
          "rationale": string | null;
          "recommended_effort": string | null;
          "recommended_model_id": string | null;
          "runs_per_image": number | null;
          "started_at": string | null;
          "status": string;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "conversations": {
        Row: {
          "conversation_id": string;
          "created_at": string;
          "last_message_at": string;
          "title": string;
        };
        ComputedFields: never;
        Insert: {
          "conversation_id"?: string | null;
          "created_at"?: string | null;
          "last_message_at"?: string | null;
          "title"?: string | null;
        };
        Update: {
          "conversation_id"?: string | null;
          "created_at"?: string | null;
          "last_message_at"?: string | null;
          "title"?: string | null;
        };
        Relationships: [];
      };
      "dataset_rows": {
        Row: {
          "data_json": Json | null;
          "dataset_id": string;
          "row_index": number | null;
        };
        ComputedFields: never;
        Insert: {
          "data_json"?: never;
          "dataset_id"?: string | null;
          "row_index"?: never;
        };
        Update: {
          "data_json"?: never;
          "dataset_id"?: string | null;
          "row_index"?: never;
        };
        Relationships: [
          {
            foreignKeyName: "dataset_rows_dataset_id_fkey";
            columns: ["dataset_id"];
            isOneToOne: false;
            referencedRelation: "datasets";
            referencedColumns: ["dataset_id"];
          },
        ];
      };
      "datasets": {
        Row: {
          "columns": (string)[] | null;
          "created_at": string;
          "dataset_id": string;
          "file_bytes": number;
          "format": string;
          "name": string;
          "row_count": number | null;
          "version": number;
        };
        ComputedFields: never;
        Insert: {
          "columns"?: never;
          "created_at"?: string | null;
          "dataset_id"?: string | null;
          "file_bytes"?: number | null;
          "format"?: string | null;
          "name"?: string | null;
          "row_count"?: never;
          "version"?: number | null;
        };
        Update: {
          "columns"?: never;
          "created_at"?: string | null;
          "dataset_id"?: string | null;
          "file_bytes"?: number | null;
          "format"?: string | null;
          "name"?: string | null;
          "row_count"?: never;
          "version"?: number | null;
        };
        Relationships: [];
      };
      "issue_occurrences": {
        Row: {
          "created_at": string;
          "issue_id": number;
          "notes": string | null;
          "severity": string;
          "test_result_id": number | null;
          "test_run_id": number;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string | null;
          "issue_id"?: number | null;
          "notes"?: never;
          "severity"?: string | null;
          "test_result_id"?: number | null;
          "test_run_id"?: number | null;
        };
        Update: {
          "created_at"?: string | null;
          "issue_id"?: number | null;
          "notes"?: never;
          "severity"?: string | null;
          "test_result_id"?: number | null;
          "test_run_id"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "issue_occurrences_issue_id_fkey";
            columns: ["issue_id"];
            isOneToOne: false;
            referencedRelation: "issues";
            referencedColumns: ["issue_id"];
          },
          {
            foreignKeyName: "issue_occurrences_run_id_fkey";
            columns: ["test_run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["test_run_id"];
          },
          {
            foreignKeyName: "issue_occurrences_test_result_id_fkey";
            columns: ["test_result_id"];
            isOneToOne: false;
            referencedRelation: "test_results";
            referencedColumns: ["test_result_id"];
          },
        ];
      };
      "issues": {
        Row: {
          "affected_tools": (string)[] | null;
          "category": string;
          "days_to_resolve": number | null;
          "description": string | null;
          "first_detected_at": string | null;
          "first_test_run_id": number | null;
          "issue_code": string;
          "issue_id": number;
          "last_detected_at": string | null;
          "last_test_run_id": number | null;
          "occurrence_count": number | null;
          "priority": string;
          "resolution": string | null;
          "resolved_at": string | null;
          "resolved_test_run_id": number | null;
          "root_cause": string | null;
          "run_count": number | null;
          "status": string;
          "suite": string | null;
          "title": string | null;
          "trend": string;
        };
        ComputedFields: never;
        Insert: {
          "affected_tools"?: never;
          "category"?: string | null;
          "days_to_resolve"?: never;
          "description"?: never;
          "first_detected_at"?: string | null;
          "first_test_run_id"?: number | null;
          "issue_code"?: string | null;
          "issue_id"?: number | null;
          "last_detected_at"?: string | null;
          "last_test_run_id"?: number | null;
          "occurrence_count"?: never;
          "priority"?: string | null;
          "resolution"?: never;
          "resolved_at"?: string | null;
          "resolved_test_run_id"?: number | null;
          "root_cause"?: never;
          "run_count"?: never;
          "status"?: string | null;
          "suite"?: never;
          "title"?: never;
          "trend"?: string | null;
        };
        Update: {
          "affected_tools"?: never;
          "category"?: string | null;
          "days_to_resolve"?: never;
          "description"?: never;
          "first_detected_at"?: string | null;
          "first_test_run_id"?: number | null;
          "issue_code"?: string | null;
          "issue_id"?: number | null;
          "last_detected_at"?: string | null;
          "last_test_run_id"?: number | null;
          "occurrence_count"?: never;
          "priority"?: string | null;
          "resolution"?: never;
          "resolved_at"?: string | null;
          "resolved_test_run_id"?: number | null;
          "root_cause"?: never;
          "run_count"?: never;
          "status"?: string | null;
          "suite"?: never;
          "title"?: never;
          "trend"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "issues_first_detected_run_id_fkey";
            columns: ["first_test_run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["test_run_id"];
          },
          {
            foreignKeyName: "issues_last_detected_run_id_fkey";
            columns: ["last_test_run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["test_run_id"];
          },
          {
            foreignKeyName: "issues_resolved_run_id_fkey";
            columns: ["resolved_test_run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["test_run_id"];
          },
        ];
      };
      "messages": {
        Row: {
          "content": string | null;
          "conversation_id": string;
          "created_at": string;
          "message_id": string;
          "role": string;
          "sql": string | null;
        };
        ComputedFields: never;
        Insert: {
          "content"?: never;
          "conversation_id"?: string | null;
          "created_at"?: string | null;
          "message_id"?: string | null;
          "role"?: string | null;
          "sql"?: never;
        };
        Update: {
          "content"?: never;
          "conversation_id"?: string | null;
          "created_at"?: string | null;
          "message_id"?: string | null;
          "role"?: string | null;
          "sql"?: never;
        };
        Relationships: [];
      };
      "models": {
        Row: {
          "cached_input_usd_per_million_tokens": number | null;
          "context_length": number;
          "efforts": (string)[];
          "input_usd_per_million_tokens": number | null;
          "is_offered": boolean;
          "model_id": string;
          "name": string | null;
          "output_usd_per_million_tokens": number | null;
          "provider": string | null;
          "reasoning": string;
          "supports_vision": boolean | null;
          "tier": string;
          "usd_per_image": number;
        };
        ComputedFields: never;
        Insert: {
          "cached_input_usd_per_million_tokens"?: never;
          "context_length"?: number | null;
          "efforts"?: (string)[] | null;
          "input_usd_per_million_tokens"?: never;
          "is_offered"?: boolean | null;
          "model_id"?: string | null;
          "name"?: never;
          "output_usd_per_million_tokens"?: never;
          "provider"?: never;
          "reasoning"?: string | null;
          "supports_vision"?: boolean | null;
          "tier"?: string | null;
          "usd_per_image"?: number | null;
        };
        Update: {
          "cached_input_usd_per_million_tokens"?: never;
          "context_length"?: number | null;
          "efforts"?: (string)[] | null;
          "input_usd_per_million_tokens"?: never;
          "is_offered"?: boolean | null;
          "model_id"?: string | null;
          "name"?: never;
          "output_usd_per_million_tokens"?: never;
          "provider"?: never;
          "reasoning"?: string | null;
          "supports_vision"?: boolean | null;
          "tier"?: string | null;
          "usd_per_image"?: number | null;
        };
        Relationships: [];
      };
      "prompt_run_calls": {
        Row: {
          "answer_ending": string | null;
          "cached_tokens": number | null;
          "call_id": number;
          "completed_at": string | null;
          "cost_usd": number | null;
          "effort": string | null;
          "error_message": string | null;
          "grade_reason": string | null;
          "grade_score": number | null;
          "graded_by": string | null;
          "grader_cost_usd": number | null;
          "grader_error": string | null;
          "grader_score": number | null;
          "human_score": number | null;
          "input_tokens": number | null;
          "is_cached": boolean;
          "latency_ms": number | null;
          "model": string | null;
          "model_label": string | null;
          "output_text": string | null;
          "output_tokens": number | null;
          "prompt_run_id": string;
          "provider": string | null;
          "repeat_index": number | null;
          "row_index": number | null;
          "status": string | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "run_cells_run_id_fkey";
            columns: ["prompt_run_id"];
            isOneToOne: false;
            referencedRelation: "prompt_runs";
            referencedColumns: ["prompt_run_id"];
          },
        ];
      };
      "prompt_run_model_results": {
        Row: {
          "calls_completed": number | null;
          "calls_failed": number | null;
          "calls_graded": number | null;
          "cost_usd": number | null;
          "effort": string | null;
          "grader_cost_usd": number | null;
          "input_tokens": number | null;
          "mean_score": number | null;
          "median_latency_ms": number | null;
          "model": string | null;
          "model_label": string | null;
          "output_tokens": number | null;
          "p95_latency_ms": number | null;
          "prompt_name": string;
          "prompt_run_id": string;
          "prompt_version": number;
          "provider": string | null;
          "run_completed_at": string | null;
          "run_status": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "run_cells_run_id_fkey";
            columns: ["prompt_run_id"];
            isOneToOne: false;
            referencedRelation: "prompt_runs";
            referencedColumns: ["prompt_run_id"];
          },
        ];
      };
      "prompt_runs": {
        Row: {
          "call_count": number | null;
          "completed_at": string | null;
          "cost_ceiling_usd": number | null;
          "created_at": string;
          "dataset_id": string | null;
          "dataset_name": string | null;
          "error_message": string | null;
          "estimated_cost_usd": number | null;
          "grader_type": string | null;
          "name": string;
          "prompt_id": string;
          "prompt_name": string;
          "prompt_run_id": string;
          "prompt_version": number;
          "prompt_version_id": string;
          "repeats": number;
          "started_at": string | null;
          "status": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "prompt_versions_prompt_id_fkey";
            columns: ["prompt_id"];
            isOneToOne: false;
            referencedRelation: "prompts";
            referencedColumns: ["prompt_id"];
          },
          {
            foreignKeyName: "runs_dataset_id_fkey";
            columns: ["dataset_id"];
            isOneToOne: false;
            referencedRelation: "datasets";
            referencedColumns: ["dataset_id"];
          },
          {
            foreignKeyName: "runs_prompt_version_id_fkey";
            columns: ["prompt_version_id"];
            isOneToOne: false;
            referencedRelation: "prompt_versions";
            referencedColumns: ["prompt_version_id"];
          },
        ];
      };
      "prompt_versions": {
        Row: {
          "body": string | null;
          "created_at": string;
          "labels": (string)[] | null;
          "placeholders": (string)[] | null;
          "prompt_id": string;
          "prompt_name": string;
          "prompt_version_id": string;
          "version": number;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "prompt_versions_prompt_id_fkey";
            columns: ["prompt_id"];
            isOneToOne: false;
            referencedRelation: "prompts";
            referencedColumns: ["prompt_id"];
          },
        ];
      };
      "prompts": {
        Row: {
          "body": string | null;
          "created_at": string;
          "name": string;
          "placeholders": (string)[] | null;
          "prompt_id": string;
          "type": string;
          "updated_at": string;
          "version": number | null;
        };
        ComputedFields: never;
        Insert: {
          "body"?: never;
          "created_at"?: string | null;
          "name"?: string | null;
          "placeholders"?: never;
          "prompt_id"?: string | null;
          "type"?: string | null;
          "updated_at"?: string | null;
          "version"?: never;
        };
        Update: {
          "body"?: never;
          "created_at"?: string | null;
          "name"?: string | null;
          "placeholders"?: never;
          "prompt_id"?: string | null;
          "type"?: string | null;
          "updated_at"?: string | null;
          "version"?: never;
        };
        Relationships: [];
      };
      "test_results": {
        Row: {
          "attempt": number;
          "branch_name": string;
          "class_name": string | null;
          "cost_usd": number | null;
          "cpu_percent": number | null;
          "duration_seconds": number | null;
          "error_class": string | null;
          "error_message": string | null;
          "execution_status": string | null;
          "failure_fingerprint": string | null;
          "file_path": string | null;
          "is_counted": boolean;
          "line_number": number | null;
          "memory_mb": number | null;
          "model": string | null;
          "provider": string | null;
          "run_timestamp": string;
          "status": string;
          "suite": string;
          "test_result_id": number;
          "test_run_id": number;
          "tokens_total": number | null;
          "tool_name": string | null;
          "variation": string | null;
          "watcher_confidence": string | null;
          "watcher_quality": number | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "test_results_run_id_fkey";
            columns: ["test_run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["test_run_id"];
          },
        ];
      };
      "test_runs": {
        Row: {
          "avg_watcher_quality": number | null;
          "branch_name": string;
          "commit_hash": string | null;
          "cost_usd": number;
          "duration_seconds": number;
          "notes": string | null;
          "pass_rate_percent": number | null;
          "run_timestamp": string;
          "source_format": string;
          "status": string;
          "suite": string;
          "test_run_id": number;
          "tests_failed": number | null;
          "tests_passed": number | null;
          "tests_skipped": number | null;
          "total_tests": number | null;
          "watcher_model": string | null;
        };
        ComputedFields: never;
        Insert: {
          "avg_watcher_quality"?: number | null;
          "branch_name"?: string | null;
          "commit_hash"?: string | null;
          "cost_usd"?: number | null;
          "duration_seconds"?: number | null;
          "notes"?: never;
          "pass_rate_percent"?: number | null;
          "run_timestamp"?: string | null;
          "source_format"?: string | null;
          "status"?: string | null;
          "suite"?: string | null;
          "test_run_id"?: number | null;
          "tests_failed"?: never;
          "tests_passed"?: never;
          "tests_skipped"?: never;
          "total_tests"?: never;
          "watcher_model"?: never;
        };
        Update: {
          "avg_watcher_quality"?: number | null;
          "branch_name"?: string | null;
          "commit_hash"?: string | null;
          "cost_usd"?: number | null;
          "duration_seconds"?: number | null;
          "notes"?: never;
          "pass_rate_percent"?: number | null;
          "run_timestamp"?: string | null;
          "source_format"?: string | null;
          "status"?: string | null;
          "suite"?: string | null;
          "test_run_id"?: number | null;
          "tests_failed"?: never;
          "tests_passed"?: never;
          "tests_skipped"?: never;
          "total_tests"?: never;
          "watcher_model"?: never;
        };
        Relationships: [];
      };
    };
    Functions: {
      "similarity": { Args: { "a": string; "b": string }; Returns: number };
      "strict_word_similarity": { Args: { "a": string; "b": string }; Returns: number };
      "word_similarity": { Args: { "a": string; "b": string }; Returns: number };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
  "public": {
    Tables: {
      "account_budgets": {
        Row: {
          "account_id": string;
          "prompts_usd_per_month": number | null;
          "reviews_usd_per_day": number | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "account_id": string;
          "prompts_usd_per_month"?: number | null;
          "reviews_usd_per_day"?: number | null;
          "updated_at"?: string;
        };
        Update: {
          "account_id"?: string;
          "prompts_usd_per_month"?: number | null;
          "reviews_usd_per_day"?: number | null;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "account_budgets_account_id_fkey";
            columns: ["account_id"];
            isOneToOne: true;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "account_keys": {
        Row: {
          "account_id": string;
          "created_at": string;
          "created_by": string | null;
          "expires_at": string | null;
          "hash": string;
          "id": string;
          "last_used_at": string | null;
          "name": string;
          "prefix": string;
          "revoked_at": string | null;
          "scopes": (string)[];
        };
        ComputedFields: never;
        Insert: {
          "account_id": string;
          "created_at"?: string;
          "created_by"?: string | null;
          "expires_at"?: string | null;
          "hash": string;
          "id"?: string;
          "last_used_at"?: string | null;
          "name": string;
          "prefix": string;
          "revoked_at"?: string | null;
          "scopes": (string)[];
        };
        Update: {
          "account_id"?: string;
          "created_at"?: string;
          "created_by"?: string | null;
          "expires_at"?: string | null;
          "hash"?: string;
          "id"?: string;
          "last_used_at"?: string | null;
          "name"?: string;
          "prefix"?: string;
          "revoked_at"?: string | null;
          "scopes"?: (string)[];
        };
        Relationships: [
          {
            foreignKeyName: "account_keys_account_id_fkey";
            columns: ["account_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "accounts": {
        Row: {
          "created_at": string;
          "id": string;
          "name": string;
          "personal": boolean;
          "user_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "id"?: string;
          "name": string;
          "personal"?: boolean;
          "user_id"?: never;
        };
        Update: {
          "created_at"?: string;
          "id"?: string;
          "name"?: string;
          "personal"?: boolean;
          "user_id"?: never;
        };
        Relationships: [];
      };
      "audit_log": {
        Row: {
          "account_id": string;
          "action": string;
          "at": string;
          "details": NonNullable<Json>;
          "id": number;
          "key_id": string | null;
          "subject": string;
          "user_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "account_id": string;
          "action": string;
          "at"?: string;
          "details"?: NonNullable<Json>;
          "id"?: never;
          "key_id"?: string | null;
          "subject": string;
          "user_id"?: string | null;
        };
        Update: {
          "account_id"?: string;
          "action"?: string;
          "at"?: string;
          "details"?: NonNullable<Json>;
          "id"?: never;
          "key_id"?: string | null;
          "subject"?: string;
          "user_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "audit_log_account_id_fkey";
            columns: ["account_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "benchmark_drafts": {
        Row: {
          "created_at": string;
          "data_collection": string;
          "id": string;
          "json_schema": NonNullable<Json>;
          "minimum_accuracy": number;
          "model_ids": (string)[];
          "name": string;
          "owner_id": string;
          "priorities": (string)[];
          "prompt": string;
          "runs_per_model": number;
          "strategy": string;
          "updated_at": string;
          "upload_data": NonNullable<Json>;
          "zdr": boolean;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "data_collection"?: string;
          "id"?: string;
          "json_schema"?: NonNullable<Json>;
          "minimum_accuracy"?: number;
          "model_ids"?: (string)[];
          "name"?: string;
          "owner_id"?: string;
          "priorities"?: (string)[];
          "prompt"?: string;
          "runs_per_model"?: number;
          "strategy"?: string;
          "updated_at"?: string;
          "upload_data"?: NonNullable<Json>;
          "zdr"?: boolean;
        };
        Update: {
          "created_at"?: string;
          "data_collection"?: string;
          "id"?: string;
          "json_schema"?: NonNullable<Json>;
          "minimum_accuracy"?: number;
          "model_ids"?: (string)[];
          "name"?: string;
          "owner_id"?: string;
          "priorities"?: (string)[];
          "prompt"?: string;
          "runs_per_model"?: number;
          "strategy"?: string;
          "updated_at"?: string;
          "upload_data"?: NonNullable<Json>;
          "zdr"?: boolean;
        };
        Relationships: [
          {
            foreignKeyName: "benchmark_drafts_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "benchmark_run_scores": {
        Row: {
          "owner_id": string;
          "report_id": string;
          "revision": number;
          "run_id": string;
          "scores": NonNullable<Json>;
        };
        ComputedFields: never;
        Insert: {
          "owner_id": string;
          "report_id": string;
          "revision": number;
          "run_id": string;
          "scores": NonNullable<Json>;
        };
        Update: {
          "owner_id"?: string;
          "report_id"?: string;
          "revision"?: number;
          "run_id"?: string;
          "scores"?: NonNullable<Json>;
        };
        Relationships: [
          {
            foreignKeyName: "benchmark_run_scores_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "benchmark_run_scores_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "benchmark_runs": {
        Row: {
          "actual_cost": number | null;
          "attempts": number;
          "cached_tokens": number | null;
          "completed_at": string | null;
          "created_at": string;
          "error_kind": string | null;
          "error_message": string | null;
          "estimated_cost": number;
          "exact_match": boolean | null;
          "field_accuracy": number | null;
          "field_errors": Json | null;
          "id": string;
          "image_index": number;
          "input_tokens": number | null;
          "is_valid_json": boolean | null;
          "model_id": string;
          "output_json": Json | null;
          "output_tokens": number | null;
          "owner_id": string;
          "provider_request_id": string | null;
          "raw_output": string | null;
          "reasoning_tokens": number | null;
          "repeat_index": number;
          "report_id": string;
          "request_change": string | null;
          "response_time_ms": number | null;
          "schema_regime": string | null;
          "score": Json | null;
          "served_model": string | null;
          "served_other": boolean;
          "served_provider": string | null;
          "skip_reason": string | null;
          "started_at": string | null;
          "status": string;
        };
        ComputedFields: never;
        Insert: {
          "actual_cost"?: number | null;
          "attempts"?: number;
          "cached_tokens"?: number | null;
          "completed_at"?: string | null;
          "created_at"?: string;
          "error_kind"?: string | null;
          "error_message"?: string | null;
          "estimated_cost": number;
          "exact_match"?: boolean | null;
          "field_accuracy"?: number | null;
          "field_errors"?: Json | null;
          "id"?: string;
          "image_index": number;
          "input_tokens"?: number | null;
          "is_valid_json"?: boolean | null;
          "model_id": string;
          "output_json"?: Json | null;
          "output_tokens"?: number | null;
          "owner_id": string;
          "provider_request_id"?: string | null;
          "raw_output"?: string | null;
          "reasoning_tokens"?: number | null;
          "repeat_index": number;
          "report_id": string;
          "request_change"?: string | null;
          "response_time_ms"?: number | null;
          "schema_regime"?: string | null;
          "score"?: Json | null;
          "served_model"?: string | null;
          "served_other"?: boolean;
          "served_provider"?: string | null;
          "skip_reason"?: string | null;
          "started_at"?: string | null;
          "status"?: string;
        };
        Update: {
          "actual_cost"?: number | null;
          "attempts"?: number;
          "cached_tokens"?: number | null;
          "completed_at"?: string | null;
          "created_at"?: string;
          "error_kind"?: string | null;
          "error_message"?: string | null;
          "estimated_cost"?: number;
          "exact_match"?: boolean | null;
          "field_accuracy"?: number | null;
          "field_errors"?: Json | null;
          "id"?: string;
          "image_index"?: number;
          "input_tokens"?: number | null;
          "is_valid_json"?: boolean | null;
          "model_id"?: string;
          "output_json"?: Json | null;
          "output_tokens"?: number | null;
          "owner_id"?: string;
          "provider_request_id"?: string | null;
          "raw_output"?: string | null;
          "reasoning_tokens"?: number | null;
          "repeat_index"?: number;
          "report_id"?: string;
          "request_change"?: string | null;
          "response_time_ms"?: number | null;
          "schema_regime"?: string | null;
          "score"?: Json | null;
          "served_model"?: string | null;
          "served_other"?: boolean;
          "served_provider"?: string | null;
          "skip_reason"?: string | null;
          "started_at"?: string | null;
          "status"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "benchmark_runs_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "benchmark_runs_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "benchmark_runs_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "chat_conversations": {
        Row: {
          "created_at": string;
          "id": string;
          "last_message_at": string;
          "owner_id": string;
          "title": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "id"?: string;
          "last_message_at"?: string;
          "owner_id": string;
          "title": string;
        };
        Update: {
          "created_at"?: string;
          "id"?: string;
          "last_message_at"?: string;
          "owner_id"?: string;
          "title"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "chat_conversations_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "chat_messages": {
        Row: {
          "content": string;
          "conversation_id": string;
          "cost_usd": number | null;
          "created_at": string;
          "follow_ups": Json | null;
          "id": string;
          "owner_id": string;
          "response_id": string | null;
          "role": string;
          "rows": Json | null;
          "sql": string | null;
        };
        ComputedFields: never;
        Insert: {
          "content": string;
          "conversation_id": string;
          "cost_usd"?: number | null;
          "created_at"?: string;
          "follow_ups"?: Json | null;
          "id"?: string;
          "owner_id": string;
          "response_id"?: string | null;
          "role": string;
          "rows"?: Json | null;
          "sql"?: string | null;
        };
        Update: {
          "content"?: string;
          "conversation_id"?: string;
          "cost_usd"?: number | null;
          "created_at"?: string;
          "follow_ups"?: Json | null;
          "id"?: string;
          "owner_id"?: string;
          "response_id"?: string | null;
          "role"?: string;
          "rows"?: Json | null;
          "sql"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "chat_messages_conversation_id_owner_id_fkey";
            columns: ["conversation_id", "owner_id"];
            isOneToOne: false;
            referencedRelation: "chat_conversations";
            referencedColumns: ["id", "owner_id"];
          },
        ];
      };
      "chat_ratings": {
        Row: {
          "created_at": string;
          "message_id": string;
          "owner_id": string;
          "rating": number;
          "reason": string | null;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "message_id": string;
          "owner_id"?: string;
          "rating": number;
          "reason"?: string | null;
        };
        Update: {
          "created_at"?: string;
          "message_id"?: string;
          "owner_id"?: string;
          "rating"?: number;
          "reason"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "chat_ratings_message_id_fkey";
            columns: ["message_id"];
            isOneToOne: true;
            referencedRelation: "chat_messages";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "chat_ratings_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "chat_telemetry_log": {
        Row: {
          "ai_response": string | null;
          "answer_id": string | null;
          "conversation_id": string | null;
          "cost_usd": number | null;
          "created_at": string;
          "error_message": string | null;
          "error_type": string | null;
          "failed_step": string | null;
          "follow_up_suggestions": Json | null;
          "generated_sql": string | null;
          "is_off_topic": boolean;
          "log_id": string;
          "nl_to_sql_duration_ms": number | null;
          "response_cached_tokens": number | null;
          "response_generation_duration_ms": number | null;
          "response_id": string | null;
          "response_input_tokens": number | null;
          "response_model": string | null;
          "response_output_tokens": number | null;
          "response_price_id": number | null;
          "result_row_count": number | null;
          "sql_cached_tokens": number | null;
          "sql_execution_duration_ms": number | null;
          "sql_fingerprint": string | null;
          "sql_input_tokens": number | null;
          "sql_model": string | null;
          "sql_output_tokens": number | null;
          "sql_price_id": number | null;
          "sql_shape_hash": string | null;
          "texts_deleted_at": string | null;
          "ttfb_ms": number | null;
          "user_id": string;
          "user_question": string;
          "written_off_usd": number;
        };
        ComputedFields: never;
        Insert: {
          "ai_response"?: string | null;
          "answer_id"?: string | null;
          "conversation_id"?: string | null;
          "cost_usd"?: number | null;
          "created_at"?: string;
          "error_message"?: string | null;
          "error_type"?: string | null;
          "failed_step"?: string | null;
          "follow_up_suggestions"?: Json | null;
          "generated_sql"?: string | null;
          "is_off_topic"?: boolean;
          "log_id"?: string;
          "nl_to_sql_duration_ms"?: number | null;
          "response_cached_tokens"?: number | null;
          "response_generation_duration_ms"?: number | null;
          "response_id"?: string | null;
          "response_input_tokens"?: number | null;
          "response_model"?: string | null;
          "response_output_tokens"?: number | null;
          "response_price_id"?: number | null;
          "result_row_count"?: number | null;
          "sql_cached_tokens"?: number | null;
          "sql_execution_duration_ms"?: number | null;
          "sql_fingerprint"?: string | null;
          "sql_input_tokens"?: number | null;
          "sql_model"?: string | null;
          "sql_output_tokens"?: number | null;
          "sql_price_id"?: number | null;
          "sql_shape_hash"?: string | null;
          "texts_deleted_at"?: string | null;
          "ttfb_ms"?: number | null;
          "user_id": string;
          "user_question": string;
          "written_off_usd"?: number;
        };
        Update: {
          "ai_response"?: string | null;
          "answer_id"?: string | null;
          "conversation_id"?: string | null;
          "cost_usd"?: number | null;
          "created_at"?: string;
          "error_message"?: string | null;
          "error_type"?: string | null;
          "failed_step"?: string | null;
          "follow_up_suggestions"?: Json | null;
          "generated_sql"?: string | null;
          "is_off_topic"?: boolean;
          "log_id"?: string;
          "nl_to_sql_duration_ms"?: number | null;
          "response_cached_tokens"?: number | null;
          "response_generation_duration_ms"?: number | null;
          "response_id"?: string | null;
          "response_input_tokens"?: number | null;
          "response_model"?: string | null;
          "response_output_tokens"?: number | null;
          "response_price_id"?: number | null;
          "result_row_count"?: number | null;
          "sql_cached_tokens"?: number | null;
          "sql_execution_duration_ms"?: number | null;
          "sql_fingerprint"?: string | null;
          "sql_input_tokens"?: number | null;
          "sql_model"?: string | null;
          "sql_output_tokens"?: number | null;
          "sql_price_id"?: number | null;
          "sql_shape_hash"?: string | null;
          "texts_deleted_at"?: string | null;
          "ttfb_ms"?: number | null;
          "user_id"?: string;
          "user_question"?: string;
          "written_off_usd"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "chat_telemetry_log_conversation_id_fkey";
            columns: ["conversation_id"];
            isOneToOne: false;
            referencedRelation: "chat_conversations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "chat_telemetry_log_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "credit_entries": {
        Row: {
          "change": number;
          "created_at": string;
          "id": number;
          "owner_id": string;
          "reason": string;
          "report_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "change": number;
          "created_at"?: string;
          "id"?: never;
          "owner_id": string;
          "reason": string;
          "report_id"?: string | null;
        };
        Update: {
          "change"?: number;
          "created_at"?: string;
          "id"?: never;
          "owner_id"?: string;
          "reason"?: string;
          "report_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "credit_entries_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "credit_entries_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "credit_entries_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "dataset_rows": {
        Row: {
          "data_json": NonNullable<Json>;
          "dataset_id": string;
          "row_index": number;
        };
        ComputedFields: never;
        Insert: {
          "data_json": NonNullable<Json>;
          "dataset_id": string;
          "row_index": number;
        };
        Update: {
          "data_json"?: NonNullable<Json>;
          "dataset_id"?: string;
          "row_index"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "dataset_rows_dataset_id_fkey";
            columns: ["dataset_id"];
            isOneToOne: false;
            referencedRelation: "datasets";
            referencedColumns: ["id"];
          },
        ];
      };
      "datasets": {
        Row: {
          "columns": (string)[];
          "content_hash": string;
          "created_at": string;
          "delimiter": string | null;
          "file_bytes": number;
          "file_path": string;
          "format": string;
          "id": string;
          "name": string;
          "owner_id": string;
          "row_count": number;
          "version": number;
        };
        ComputedFields: never;
        Insert: {
          "columns": (string)[];
          "content_hash": string;
          "created_at"?: string;
          "delimiter"?: string | null;
          "file_bytes": number;
          "file_path": string;
          "format": string;
          "id"?: string;
          "name": string;
          "owner_id": string;
          "row_count": number;
          "version": number;
        };
        Update: {
          "columns"?: (string)[];
          "content_hash"?: string;
          "created_at"?: string;
          "delimiter"?: string | null;
          "file_bytes"?: number;
          "file_path"?: string;
          "format"?: string;
          "id"?: string;
          "name"?: string;
          "owner_id"?: string;
          "row_count"?: number;
          "version"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "datasets_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "field_error_counts": {
        Row: {
          "actual": Json | null;
          "actual_hash": number;
          "expected": Json | null;
          "expected_hash": number;
          "field_path": string | null;
          "format_only": boolean;
          "model_id": string;
          "occurrences": number;
          "owner_id": string;
          "path_hash": number;
          "report_id": string;
          "served_other": boolean;
        };
        ComputedFields: never;
        Insert: {
          "actual"?: Json | null;
          "actual_hash"?: never;
          "expected"?: Json | null;
          "expected_hash"?: never;
          "field_path"?: string | null;
          "format_only": boolean;
          "model_id": string;
          "occurrences": number;
          "owner_id": string;
          "path_hash"?: never;
          "report_id": string;
          "served_other": boolean;
        };
        Update: {
          "actual"?: Json | null;
          "actual_hash"?: never;
          "expected"?: Json | null;
          "expected_hash"?: never;
          "field_path"?: string | null;
          "format_only"?: boolean;
          "model_id"?: string;
          "occurrences"?: number;
          "owner_id"?: string;
          "path_hash"?: never;
          "report_id"?: string;
          "served_other"?: boolean;
        };
        Relationships: [
          {
            foreignKeyName: "field_error_counts_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "field_error_counts_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "invitations": {
        Row: {
          "accepted_at": string | null;
          "accepted_by": string | null;
          "account_id": string;
          "created_at": string;
          "email": string;
          "expires_at": string;
          "id": string;
          "invited_by": string | null;
          "role": Database["public"]["Enums"]["account_role"];
        };
        ComputedFields: never;
        Insert: {
          "accepted_at"?: string | null;
          "accepted_by"?: string | null;
          "account_id": string;
          "created_at"?: string;
          "email": string;
          "expires_at"?: string;
          "id"?: string;
          "invited_by"?: string | null;
          "role": Database["public"]["Enums"]["account_role"];
        };
        Update: {
          "accepted_at"?: string | null;
          "accepted_by"?: string | null;
          "account_id"?: string;
          "created_at"?: string;
          "email"?: string;
          "expires_at"?: string;
          "id"?: string;
          "invited_by"?: string | null;
          "role"?: Database["public"]["Enums"]["account_role"];
        };
        Relationships: [
          {
            foreignKeyName: "invitations_account_id_fkey";
            columns: ["account_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "issue_occurrences": {
        Row: {
          "created_at": string;
          "id": number;
          "issue_id": number;
          "notes": string | null;
          "owner_id": string;
          "run_id": number;
          "severity": string;
          "test_result_id": number | null;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "id"?: never;
          "issue_id": number;
          "notes"?: string | null;
          "owner_id": string;
          "run_id": number;
          "severity": string;
          "test_result_id"?: number | null;
        };
        Update: {
          "created_at"?: string;
          "id"?: never;
          "issue_id"?: number;
          "notes"?: string | null;
          "owner_id"?: string;
          "run_id"?: number;
          "severity"?: string;
          "test_result_id"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "issue_occurrences_issue_id_fkey";
            columns: ["issue_id"];
            isOneToOne: false;
            referencedRelation: "issues";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "issue_occurrences_issue_id_fkey";
            columns: ["issue_id"];
            isOneToOne: false;
            referencedRelation: "report_issue_resolution";
            referencedColumns: ["issue_id"];
          },
          {
            foreignKeyName: "issue_occurrences_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "issue_occurrences_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_failing_tests";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issue_occurrences_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_latest_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issue_occurrences_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issue_occurrences_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "issue_occurrences_test_result_id_fkey";
            columns: ["test_result_id"];
            isOneToOne: false;
            referencedRelation: "report_failing_tests";
            referencedColumns: ["test_result_id"];
          },
          {
            foreignKeyName: "issue_occurrences_test_result_id_fkey";
            columns: ["test_result_id"];
            isOneToOne: false;
            referencedRelation: "test_results";
            referencedColumns: ["id"];
          },
        ];
      };
      "issue_status_changes": {
        Row: {
          "changed_by": string;
          "created_at": string;
          "effective_at": string;
          "id": number;
          "is_settled": boolean;
          "issue_id": number;
          "new_status": string;
          "old_status": string | null;
          "owner_id": string;
          "run_id": number | null;
          "trend": string | null;
        };
        ComputedFields: never;
        Insert: {
          "changed_by": string;
          "created_at"?: string;
          "effective_at"?: string;
          "id"?: never;
          "is_settled"?: boolean;
          "issue_id": number;
          "new_status": string;
          "old_status"?: string | null;
          "owner_id": string;
          "run_id"?: number | null;
          "trend"?: string | null;
        };
        Update: {
          "changed_by"?: string;
          "created_at"?: string;
          "effective_at"?: string;
          "id"?: never;
          "is_settled"?: boolean;
          "issue_id"?: number;
          "new_status"?: string;
          "old_status"?: string | null;
          "owner_id"?: string;
          "run_id"?: number | null;
          "trend"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "issue_status_changes_issue_id_fkey";
            columns: ["issue_id"];
            isOneToOne: false;
            referencedRelation: "issues";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "issue_status_changes_issue_id_fkey";
            columns: ["issue_id"];
            isOneToOne: false;
            referencedRelation: "report_issue_resolution";
            referencedColumns: ["issue_id"];
          },
          {
            foreignKeyName: "issue_status_changes_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "issue_status_changes_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_failing_tests";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issue_status_changes_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_latest_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issue_status_changes_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issue_status_changes_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["id"];
          },
        ];
      };
      "issues": {
        Row: {
          "affected_tools": (string)[];
          "category": string;
          "created_at": string;
          "description": string | null;
          "detection_key": string | null;
          "first_detected_at": string | null;
          "first_detected_run_id": number | null;
          "id": number;
          "issue_code": string;
          "last_detected_at": string | null;
          "last_detected_run_id": number | null;
          "occurrence_count": number;
          "owner_id": string;
          "priority": string;
          "pruned_occurrences": number;
          "pruned_runs": number;
          "resolution": string | null;
          "resolved_at": string | null;
          "resolved_run_id": number | null;
          "root_cause": string | null;
          "run_count": number;
          "status": string;
          "suite": string;
          "title": string;
          "trend": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "affected_tools"?: (string)[];
          "category"?: string;
          "created_at"?: string;
          "description"?: string | null;
          "detection_key"?: string | null;
          "first_detected_at"?: string | null;
          "first_detected_run_id"?: number | null;
          "id"?: never;
          "issue_code": string;
          "last_detected_at"?: string | null;
          "last_detected_run_id"?: number | null;
          "occurrence_count"?: number;
          "owner_id": string;
          "priority"?: string;
          "pruned_occurrences"?: number;
          "pruned_runs"?: number;
          "resolution"?: string | null;
          "resolved_at"?: string | null;
          "resolved_run_id"?: number | null;
          "root_cause"?: string | null;
          "run_count"?: number;
          "status"?: string;
          "suite": string;
          "title": string;
          "trend"?: string;
          "updated_at"?: string;
        };
        Update: {
          "affected_tools"?: (string)[];
          "category"?: string;
          "created_at"?: string;
          "description"?: string | null;
          "detection_key"?: string | null;
          "first_detected_at"?: string | null;
          "first_detected_run_id"?: number | null;
          "id"?: never;
          "issue_code"?: string;
          "last_detected_at"?: string | null;
          "last_detected_run_id"?: number | null;
          "occurrence_count"?: number;
          "owner_id"?: string;
          "priority"?: string;
          "pruned_occurrences"?: number;
          "pruned_runs"?: number;
          "resolution"?: string | null;
          "resolved_at"?: string | null;
          "resolved_run_id"?: number | null;
          "root_cause"?: string | null;
          "run_count"?: number;
          "status"?: string;
          "suite"?: string;
          "title"?: string;
          "trend"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "issues_first_detected_run_id_fkey";
            columns: ["first_detected_run_id"];
            isOneToOne: false;
            referencedRelation: "report_failing_tests";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_first_detected_run_id_fkey";
            columns: ["first_detected_run_id"];
            isOneToOne: false;
            referencedRelation: "report_latest_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_first_detected_run_id_fkey";
            columns: ["first_detected_run_id"];
            isOneToOne: false;
            referencedRelation: "report_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_first_detected_run_id_fkey";
            columns: ["first_detected_run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "issues_last_detected_run_id_fkey";
            columns: ["last_detected_run_id"];
            isOneToOne: false;
            referencedRelation: "report_failing_tests";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_last_detected_run_id_fkey";
            columns: ["last_detected_run_id"];
            isOneToOne: false;
            referencedRelation: "report_latest_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_last_detected_run_id_fkey";
            columns: ["last_detected_run_id"];
            isOneToOne: false;
            referencedRelation: "report_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_last_detected_run_id_fkey";
            columns: ["last_detected_run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "issues_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "issues_resolved_run_id_fkey";
            columns: ["resolved_run_id"];
            isOneToOne: false;
            referencedRelation: "report_failing_tests";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_resolved_run_id_fkey";
            columns: ["resolved_run_id"];
            isOneToOne: false;
            referencedRelation: "report_latest_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_resolved_run_id_fkey";
            columns: ["resolved_run_id"];
            isOneToOne: false;
            referencedRelation: "report_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_resolved_run_id_fkey";
            columns: ["resolved_run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["id"];
          },
        ];
      };
      "kept_error_patterns": {
        Row: {
          "common_actual": Json | null;
          "common_expected": Json | null;
          "field_path": string | null;
          "format_only": boolean;
          "id": number;
          "model_id": string;
          "occurrences": number;
          "owner_id": string;
          "percentage": number;
          "report_id": string;
        };
        ComputedFields: never;
        Insert: {
          "common_actual"?: Json | null;
          "common_expected"?: Json | null;
          "field_path"?: string | null;
          "format_only": boolean;
          "id"?: never;
          "model_id": string;
          "occurrences": number;
          "owner_id": string;
          "percentage": number;
          "report_id": string;
        };
        Update: {
          "common_actual"?: Json | null;
          "common_expected"?: Json | null;
          "field_path"?: string | null;
          "format_only"?: boolean;
          "id"?: never;
          "model_id"?: string;
          "occurrences"?: number;
          "owner_id"?: string;
          "percentage"?: number;
          "report_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "kept_error_patterns_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "kept_error_patterns_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "known_failures": {
        Row: {
          "category": string;
          "created_at": string;
          "id": number;
          "is_symptom": boolean;
          "name": string;
          "owner_id": string | null;
          "pattern": string;
          "priority": string;
          "root_cause": string | null;
          "title": string;
        };
        ComputedFields: never;
        Insert: {
          "category": string;
          "created_at"?: string;
          "id"?: never;
          "is_symptom"?: boolean;
          "name": string;
          "owner_id"?: string | null;
          "pattern": string;
          "priority": string;
          "root_cause"?: string | null;
          "title": string;
        };
        Update: {
          "category"?: string;
          "created_at"?: string;
          "id"?: never;
          "is_symptom"?: boolean;
          "name"?: string;
          "owner_id"?: string | null;
          "pattern"?: string;
          "priority"?: string;
          "root_cause"?: string | null;
          "title"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "known_failures_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "memberships": {
        Row: {
          "account_id": string;
          "created_at": string;
          "role": Database["public"]["Enums"]["account_role"];
          "user_id": string;
        };
        ComputedFields: never;
        Insert: {
          "account_id": string;
          "created_at"?: string;
          "role": Database["public"]["Enums"]["account_role"];
          "user_id": string;
        };
        Update: {
          "account_id"?: string;
          "created_at"?: string;
          "role"?: Database["public"]["Enums"]["account_role"];
          "user_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "memberships_account_id_fkey";
            columns: ["account_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "model_figures": {
        Row: {
          "accuracy_squares": number;
          "accuracy_sum": number;
          "cost_sum": number;
          "costs_known": number;
          "exact_matches": number;
          "model_id": string;
          "owner_id": string;
          "report_id": string;
          "runs_completed": number;
          "runs_failed": number;
          "runs_rejected": number;
          "served_other": boolean;
          "times": (number)[];
        };
        ComputedFields: never;
        Insert: {
          "accuracy_squares": number;
          "accuracy_sum": number;
          "cost_sum": number;
          "costs_known": number;
          "exact_matches": number;
          "model_id": string;
          "owner_id": string;
          "report_id": string;
          "runs_completed": number;
          "runs_failed": number;
          "runs_rejected": number;
          "served_other": boolean;
          "times": (number)[];
        };
        Update: {
          "accuracy_squares"?: number;
          "accuracy_sum"?: number;
          "cost_sum"?: number;
          "costs_known"?: number;
          "exact_matches"?: number;
          "model_id"?: string;
          "owner_id"?: string;
          "report_id"?: string;
          "runs_completed"?: number;
          "runs_failed"?: number;
          "runs_rejected"?: number;
          "served_other"?: boolean;
          "times"?: (number)[];
        };
        Relationships: [
          {
            foreignKeyName: "model_figures_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "model_figures_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "model_prices": {
        Row: {
          "cached_input_per_million": number;
          "created_at": string;
          "id": number;
          "input_per_million": number;
          "long_context_above": number | null;
          "long_context_cached_input_per_million": number | null;
          "long_context_input_per_million": number | null;
          "long_context_output_per_million": number | null;
          "model": string;
          "output_per_million": number;
          "source": string;
          "valid_from": string;
          "valid_to": string | null;
        };
        ComputedFields: never;
        Insert: {
          "cached_input_per_million": number;
          "created_at"?: string;
          "id"?: never;
          "input_per_million": number;
          "long_context_above"?: number | null;
          "long_context_cached_input_per_million"?: number | null;
          "long_context_input_per_million"?: number | null;
          "long_context_output_per_million"?: number | null;
          "model": string;
          "output_per_million": number;
          "source": string;
          "valid_from"?: string;
          "valid_to"?: string | null;
        };
        Update: {
          "cached_input_per_million"?: number;
          "created_at"?: string;
          "id"?: never;
          "input_per_million"?: number;
          "long_context_above"?: number | null;
          "long_context_cached_input_per_million"?: number | null;
          "long_context_input_per_million"?: number | null;
          "long_context_output_per_million"?: number | null;
          "model"?: string;
          "output_per_million"?: number;
          "source"?: string;
          "valid_from"?: string;
          "valid_to"?: string | null;
        };
        Relationships: [];
      };
      "models": {
        Row: {
          "active": boolean;
          "base_url_key": string;
          "cached_input_price": number;
          "checked_at": string;
          "context_length": number;
          "created_at": string;
          "id": string;
          "image_price": number;
          "input_modalities": (string)[];
          "input_price": number;
          "long_context_above": number | null;
          "long_context_cached_input_price": number | null;
          "long_context_input_price": number | null;
          "long_context_output_price": number | null;
          "max_output_tokens": number | null;
          "name": string;
          "orderable": boolean;
          "output_price": number;
          "provider": string;
          "reasoning": string;
          "reasoning_efforts": (string)[];
          "retires_at": string | null;
          "source": string;
          "successor": string | null;
          "supports_structured_output": boolean;
          "supports_vision": boolean | null;
          "tier": string;
          "unavailable_since": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "active"?: boolean;
          "base_url_key": string;
          "cached_input_price": number;
          "checked_at"?: string;
          "context_length": number;
          "created_at"?: string;
          "id": string;
          "image_price"?: number;
          "input_modalities"?: (string)[];
          "input_price": number;
          "long_context_above"?: number | null;
          "long_context_cached_input_price"?: number | null;
          "long_context_input_price"?: number | null;
          "long_context_output_price"?: number | null;
          "max_output_tokens"?: number | null;
          "name": string;
          "orderable"?: boolean;
          "output_price": number;
          "provider": string;
          "reasoning"?: string;
          "reasoning_efforts"?: (string)[];
          "retires_at"?: string | null;
          "source"?: string;
          "successor"?: string | null;
          "supports_structured_output"?: boolean;
          "supports_vision"?: never;
          "tier": string;
          "unavailable_since"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "active"?: boolean;
          "base_url_key"?: string;
          "cached_input_price"?: number;
          "checked_at"?: string;
          "context_length"?: number;
          "created_at"?: string;
          "id"?: string;
          "image_price"?: number;
          "input_modalities"?: (string)[];
          "input_price"?: number;
          "long_context_above"?: number | null;
          "long_context_cached_input_price"?: number | null;
          "long_context_input_price"?: number | null;
          "long_context_output_price"?: number | null;
          "max_output_tokens"?: number | null;
          "name"?: string;
          "orderable"?: boolean;
          "output_price"?: number;
          "provider"?: string;
          "reasoning"?: string;
          "reasoning_efforts"?: (string)[];
          "retires_at"?: string | null;
          "source"?: string;
          "successor"?: string | null;
          "supports_structured_output"?: boolean;
          "supports_vision"?: never;
          "tier"?: string;
          "unavailable_since"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "prices": {
        Row: {
          "active": boolean;
          "amount": number;
          "created_at": string;
          "currency": string;
          "id": string;
          "name": string;
          "reports": number;
        };
        ComputedFields: never;
        Insert: {
          "active"?: boolean;
          "amount": number;
          "created_at"?: string;
          "currency": string;
          "id": string;
          "name": string;
          "reports"?: number;
        };
        Update: {
          "active"?: boolean;
          "amount"?: number;
          "created_at"?: string;
          "currency"?: string;
          "id"?: string;
          "name"?: string;
          "reports"?: number;
        };
        Relationships: [];
      };
      "prompt_labels": {
        Row: {
          "label": string;
          "owner_id": string;
          "prompt_id": string;
          "updated_at": string;
          "version": number;
        };
        ComputedFields: never;
        Insert: {
          "label": string;
          "owner_id"?: string;
          "prompt_id": string;
          "updated_at"?: string;
          "version": number;
        };
        Update: {
          "label"?: string;
          "owner_id"?: string;
          "prompt_id"?: string;
          "updated_at"?: string;
          "version"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "prompt_labels_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "prompt_labels_prompt_id_fkey";
            columns: ["prompt_id"];
            isOneToOne: false;
            referencedRelation: "prompts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "prompt_labels_prompt_id_fkey";
            columns: ["prompt_id"];
            isOneToOne: false;
            referencedRelation: "report_prompt_runs";
            referencedColumns: ["prompt_id"];
          },
          {
            foreignKeyName: "prompt_labels_prompt_id_version_fkey";
            columns: ["prompt_id", "version"];
            isOneToOne: false;
            referencedRelation: "prompt_versions";
            referencedColumns: ["prompt_id", "version"];
          },
        ];
      };
      "prompt_versions": {
        Row: {
          "body": string;
          "created_at": string;
          "id": string;
          "owner_id": string;
          "placeholders": (string)[];
          "prompt_id": string;
          "type": string;
          "version": number;
        };
        ComputedFields: never;
        Insert: {
          "body": string;
          "created_at"?: string;
          "id"?: string;
          "owner_id": string;
          "placeholders"?: never;
          "prompt_id": string;
          "type": string;
          "version": number;
        };
        Update: {
          "body"?: string;
          "created_at"?: string;
          "id"?: string;
          "owner_id"?: string;
          "placeholders"?: never;
          "prompt_id"?: string;
          "type"?: string;
          "version"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "prompt_versions_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "prompt_versions_prompt_id_fkey";
            columns: ["prompt_id"];
            isOneToOne: false;
            referencedRelation: "prompts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "prompt_versions_prompt_id_fkey";
            columns: ["prompt_id"];
            isOneToOne: false;
            referencedRelation: "report_prompt_runs";
            referencedColumns: ["prompt_id"];
          },
        ];
      };
      "prompts": {
        Row: {
          "body": string;
          "created_at": string;
          "id": string;
          "name": string;
          "owner_id": string;
          "placeholders": (string)[];
          "type": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "body": string;
          "created_at"?: string;
          "id"?: string;
          "name": string;
          "owner_id"?: string;
          "placeholders"?: never;
          "type"?: string;
          "updated_at"?: string;
        };
        Update: {
          "body"?: string;
          "created_at"?: string;
          "id"?: string;
          "name"?: string;
          "owner_id"?: string;
          "placeholders"?: never;
          "type"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "prompts_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_orders": {
        Row: {
          "checkout_url": string | null;
          "config_snapshot": NonNullable<Json>;
          "currency": string | null;
          "dispute_status": string | null;
          "disputed_amount": number | null;
          "is_paid_by_credit": boolean;
          "livemode": boolean | null;
          "owner_id": string;
          "paid_amount": number | null;
          "price_amount": number | null;
          "refund_requested_at": string | null;
          "refunded_amount": number;
          "report_id": string;
          "reports_bought": number;
          "stripe_payment_intent_id": string | null;
          "stripe_session_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "checkout_url"?: string | null;
          "config_snapshot": NonNullable<Json>;
          "currency"?: string | null;
          "dispute_status"?: string | null;
          "disputed_amount"?: number | null;
          "is_paid_by_credit"?: boolean;
          "livemode"?: boolean | null;
          "owner_id": string;
          "paid_amount"?: number | null;
          "price_amount"?: number | null;
          "refund_requested_at"?: string | null;
          "refunded_amount"?: number;
          "report_id": string;
          "reports_bought"?: number;
          "stripe_payment_intent_id"?: string | null;
          "stripe_session_id"?: string | null;
        };
        Update: {
          "checkout_url"?: string | null;
          "config_snapshot"?: NonNullable<Json>;
          "currency"?: string | null;
          "dispute_status"?: string | null;
          "disputed_amount"?: number | null;
          "is_paid_by_credit"?: boolean;
          "livemode"?: boolean | null;
          "owner_id"?: string;
          "paid_amount"?: number | null;
          "price_amount"?: number | null;
          "refund_requested_at"?: string | null;
          "refunded_amount"?: number;
          "report_id"?: string;
          "reports_bought"?: number;
          "stripe_payment_intent_id"?: string | null;
          "stripe_session_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "report_orders_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "report_orders_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: true;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "report_orders_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: true;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_revisions": {
        Row: {
          "completed_at": string | null;
          "created_at": string;
          "error": string | null;
          "json_schema": Json | null;
          "owner_id": string;
          "rationale": string | null;
          "recommended_model": string | null;
          "report_id": string;
          "revision": number;
          "scored_runs": number;
          "scorer_version": number;
          "status": string;
          "summary": Json | null;
        };
        ComputedFields: never;
        Insert: {
          "completed_at"?: string | null;
          "created_at"?: string;
          "error"?: string | null;
          "json_schema"?: Json | null;
          "owner_id": string;
          "rationale"?: string | null;
          "recommended_model"?: string | null;
          "report_id": string;
          "revision": number;
          "scored_runs"?: number;
          "scorer_version": number;
          "status"?: string;
          "summary"?: Json | null;
        };
        Update: {
          "completed_at"?: string | null;
          "created_at"?: string;
          "error"?: string | null;
          "json_schema"?: Json | null;
          "owner_id"?: string;
          "rationale"?: string | null;
          "recommended_model"?: string | null;
          "report_id"?: string;
          "revision"?: number;
          "scored_runs"?: number;
          "scorer_version"?: number;
          "status"?: string;
          "summary"?: Json | null;
        };
        Relationships: [
          {
            foreignKeyName: "report_revisions_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "report_revisions_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "reports": {
        Row: {
          "completed_at": string | null;
          "config_hash": string;
          "created_at": string;
          "draft_id": string | null;
          "error": string | null;
          "estimated_api_cost": number;
          "has_kept_patterns": boolean;
          "id": string;
          "model_count": number;
          "ordered_by": string | null;
          "owner_id": string;
          "paid_at": string | null;
          "partial": boolean;
          "partial_reason": string | null;
          "rationale": string | null;
          "recommended_model": string | null;
          "revision": number;
          "scorer_version": number;
          "share_expires_at": string | null;
          "share_token": string | null;
          "share_token_hash": string | null;
          "shares_order": boolean;
          "started_at": string | null;
          "status": string;
          "summary": Json | null;
          "total_api_cost": number | null;
        };
        ComputedFields: never;
        Insert: {
          "completed_at"?: string | null;
          "config_hash": string;
          "created_at"?: string;
          "draft_id"?: string | null;
          "error"?: string | null;
          "estimated_api_cost": number;
          "has_kept_patterns"?: boolean;
          "id"?: string;
          "model_count": number;
          "ordered_by"?: string | null;
          "owner_id": string;
          "paid_at"?: string | null;
          "partial"?: boolean;
          "partial_reason"?: string | null;
          "rationale"?: string | null;
          "recommended_model"?: string | null;
          "revision"?: number;
          "scorer_version"?: number;
          "share_expires_at"?: string | null;
          "share_token"?: string | null;
          "share_token_hash"?: never;
          "shares_order"?: boolean;
          "started_at"?: string | null;
          "status"?: string;
          "summary"?: Json | null;
          "total_api_cost"?: number | null;
        };
        Update: {
          "completed_at"?: string | null;
          "config_hash"?: string;
          "created_at"?: string;
          "draft_id"?: string | null;
          "error"?: string | null;
          "estimated_api_cost"?: number;
          "has_kept_patterns"?: boolean;
          "id"?: string;
          "model_count"?: number;
          "ordered_by"?: string | null;
          "owner_id"?: string;
          "paid_at"?: string | null;
          "partial"?: boolean;
          "partial_reason"?: string | null;
          "rationale"?: string | null;
          "recommended_model"?: string | null;
          "revision"?: number;
          "scorer_version"?: number;
          "share_expires_at"?: string | null;
          "share_token"?: string | null;
          "share_token_hash"?: never;
          "shares_order"?: boolean;
          "started_at"?: string | null;
          "status"?: string;
          "summary"?: Json | null;
          "total_api_cost"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "reports_draft_id_fkey";
            columns: ["draft_id"];
            isOneToOne: false;
            referencedRelation: "benchmark_drafts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "reports_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "run_cells": {
        Row: {
          "answer_ending": string | null;
          "attempts": number;
          "completed_at": string | null;
          "cost_usd": number | null;
          "error_text": string | null;
          "grade_reason": string | null;
          "grade_score": number | null;
          "graded_by": string | null;
          "grader_cost_usd": number | null;
          "grader_error": string | null;
          "grader_reason": string | null;
          "grader_score": number | null;
          "human_reason": string | null;
          "human_score": number | null;
          "id": number;
          "is_cached": boolean;
          "latency_ms": number | null;
          "output_text": string | null;
          "owner_id": string;
          "provider_request_id": string | null;
          "repeat": number;
          "row_index": number | null;
          "run_id": string;
          "run_model_id": string;
          "served_model": string | null;
          "served_other": boolean;
          "started_at": string | null;
          "status": string;
          "tokens_cached": number | null;
          "tokens_in": number | null;
          "tokens_out": number | null;
        };
        ComputedFields: never;
        Insert: {
          "answer_ending"?: string | null;
          "attempts"?: number;
          "completed_at"?: string | null;
          "cost_usd"?: number | null;
          "error_text"?: string | null;
          "grade_reason"?: never;
          "grade_score"?: never;
          "graded_by"?: never;
          "grader_cost_usd"?: number | null;
          "grader_error"?: string | null;
          "grader_reason"?: string | null;
          "grader_score"?: number | null;
          "human_reason"?: string | null;
          "human_score"?: number | null;
          "id"?: never;
          "is_cached"?: boolean;
          "latency_ms"?: number | null;
          "output_text"?: string | null;
          "owner_id": string;
          "provider_request_id"?: string | null;
          "repeat"?: number;
          "row_index"?: number | null;
          "run_id": string;
          "run_model_id": string;
          "served_model"?: string | null;
          "served_other"?: boolean;
          "started_at"?: string | null;
          "status"?: string;
          "tokens_cached"?: number | null;
          "tokens_in"?: number | null;
          "tokens_out"?: number | null;
        };
        Update: {
          "answer_ending"?: string | null;
          "attempts"?: number;
          "completed_at"?: string | null;
          "cost_usd"?: number | null;
          "error_text"?: string | null;
          "grade_reason"?: never;
          "grade_score"?: never;
          "graded_by"?: never;
          "grader_cost_usd"?: number | null;
          "grader_error"?: string | null;
          "grader_reason"?: string | null;
          "grader_score"?: number | null;
          "human_reason"?: string | null;
          "human_score"?: number | null;
          "id"?: never;
          "is_cached"?: boolean;
          "latency_ms"?: number | null;
          "output_text"?: string | null;
          "owner_id"?: string;
          "provider_request_id"?: string | null;
          "repeat"?: number;
          "row_index"?: number | null;
          "run_id"?: string;
          "run_model_id"?: string;
          "served_model"?: string | null;
          "served_other"?: boolean;
          "started_at"?: string | null;
          "status"?: string;
          "tokens_cached"?: number | null;
          "tokens_in"?: number | null;
          "tokens_out"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "run_cells_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_prompt_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "run_cells_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "runs";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "run_cells_run_model_id_fkey";
            columns: ["run_model_id"];
            isOneToOne: false;
            referencedRelation: "report_prompt_run_models";
            referencedColumns: ["run_model_id"];
          },
          {
            foreignKeyName: "run_cells_run_model_id_fkey";
            columns: ["run_model_id"];
            isOneToOne: false;
            referencedRelation: "run_models";
            referencedColumns: ["id"];
          },
        ];
      };
      "run_model_totals": {
        Row: {
          "cached": number;
          "cancelled": number;
          "complete": number;
          "cost_usd": number;
          "cut_off": number;
          "failed": number;
          "graded": number;
          "grader_cost_usd": number;
          "grader_failures": number;
          "overridden": number;
          "owner_id": string;
          "priced": number;
          "queued": number;
          "run_id": string;
          "run_model_id": string;
          "running": number;
          "score_sum": number;
          "skipped": number;
          "tokens_cached": number;
          "tokens_in": number;
          "tokens_out": number;
        };
        ComputedFields: never;
        Insert: {
          "cached"?: number;
          "cancelled"?: number;
          "complete"?: number;
          "cost_usd"?: number;
          "cut_off"?: number;
          "failed"?: number;
          "graded"?: number;
          "grader_cost_usd"?: number;
          "grader_failures"?: number;
          "overridden"?: number;
          "owner_id": string;
          "priced"?: number;
          "queued"?: number;
          "run_id": string;
          "run_model_id": string;
          "running"?: number;
          "score_sum"?: number;
          "skipped"?: number;
          "tokens_cached"?: number;
          "tokens_in"?: number;
          "tokens_out"?: number;
        };
        Update: {
          "cached"?: number;
          "cancelled"?: number;
          "complete"?: number;
          "cost_usd"?: number;
          "cut_off"?: number;
          "failed"?: number;
          "graded"?: number;
          "grader_cost_usd"?: number;
          "grader_failures"?: number;
          "overridden"?: number;
          "owner_id"?: string;
          "priced"?: number;
          "queued"?: number;
          "run_id"?: string;
          "run_model_id"?: string;
          "running"?: number;
          "score_sum"?: number;
          "skipped"?: number;
          "tokens_cached"?: number;
          "tokens_in"?: number;
          "tokens_out"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "run_model_totals_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "run_model_totals_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_prompt_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "run_model_totals_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "runs";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "run_model_totals_run_model_id_fkey";
            columns: ["run_model_id"];
            isOneToOne: true;
            referencedRelation: "report_prompt_run_models";
            referencedColumns: ["run_model_id"];
          },
          {
            foreignKeyName: "run_model_totals_run_model_id_fkey";
            columns: ["run_model_id"];
            isOneToOne: true;
            referencedRelation: "run_models";
            referencedColumns: ["id"];
          },
        ];
      };
      "run_models": {
        Row: {
          "cached_input_price": number | null;
          "id": string;
          "input_price": number | null;
          "label": string;
          "long_context": Json | null;
          "model": string;
          "output_price": number | null;
          "owner_id": string;
          "provider": string;
          "reservation_usd": number;
          "run_id": string;
        };
        ComputedFields: never;
        Insert: {
          "cached_input_price"?: number | null;
          "id"?: string;
          "input_price"?: number | null;
          "label": string;
          "long_context"?: Json | null;
          "model": string;
          "output_price"?: number | null;
          "owner_id": string;
          "provider": string;
          "reservation_usd"?: number;
          "run_id": string;
        };
        Update: {
          "cached_input_price"?: number | null;
          "id"?: string;
          "input_price"?: number | null;
          "label"?: string;
          "long_context"?: Json | null;
          "model"?: string;
          "output_price"?: number | null;
          "owner_id"?: string;
          "provider"?: string;
          "reservation_usd"?: number;
          "run_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "run_models_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "run_models_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_prompt_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "run_models_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "runs";
            referencedColumns: ["id"];
          },
        ];
      };
      "runs": {
        Row: {
          "cell_count": number;
          "completed_at": string | null;
          "cost_ceiling_usd": number;
          "created_at": string;
          "dataset_id": string | null;
          "error": string | null;
          "estimated_cost_usd": number | null;
          "grader": Json | null;
          "grader_version_id": string | null;
          "grading_reservation_usd": number;
          "id": string;
          "name": string;
          "owner_id": string;
          "parameters": NonNullable<Json>;
          "prompt_version_id": string;
          "repeats": number;
          "started_at": string | null;
          "status": string;
          "use_cache": boolean;
        };
        ComputedFields: never;
        Insert: {
          "cell_count": number;
          "completed_at"?: string | null;
          "cost_ceiling_usd": number;
          "created_at"?: string;
          "dataset_id"?: string | null;
          "error"?: string | null;
          "estimated_cost_usd"?: number | null;
          "grader"?: Json | null;
          "grader_version_id"?: string | null;
          "grading_reservation_usd"?: number;
          "id"?: string;
          "name"?: string;
          "owner_id": string;
          "parameters"?: NonNullable<Json>;
          "prompt_version_id": string;
          "repeats"?: number;
          "started_at"?: string | null;
          "status"?: string;
          "use_cache"?: boolean;
        };
        Update: {
          "cell_count"?: number;
          "completed_at"?: string | null;
          "cost_ceiling_usd"?: number;
          "created_at"?: string;
          "dataset_id"?: string | null;
          "error"?: string | null;
          "estimated_cost_usd"?: number | null;
          "grader"?: Json | null;
          "grader_version_id"?: string | null;
          "grading_reservation_usd"?: number;
          "id"?: string;
          "name"?: string;
          "owner_id"?: string;
          "parameters"?: NonNullable<Json>;
          "prompt_version_id"?: string;
          "repeats"?: number;
          "started_at"?: string | null;
          "status"?: string;
          "use_cache"?: boolean;
        };
        Relationships: [
          {
            foreignKeyName: "runs_dataset_id_fkey";
            columns: ["dataset_id"];
            isOneToOne: false;
            referencedRelation: "datasets";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "runs_grader_version_id_fkey";
            columns: ["grader_version_id"];
            isOneToOne: false;
            referencedRelation: "prompt_versions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "runs_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "runs_prompt_version_id_fkey";
            columns: ["prompt_version_id"];
            isOneToOne: false;
            referencedRelation: "prompt_versions";
            referencedColumns: ["id"];
          },
        ];
      };
      "stripe_customers": {
        Row: {
          "account_id": string;
          "attempt": number;
          "customer_id": string | null;
          "email": string | null;
          "livemode": boolean;
          "name": string;
        };
        ComputedFields: never;
        Insert: {
          "account_id": string;
          "attempt"?: number;
          "customer_id"?: string | null;
          "email"?: string | null;
          "livemode": boolean;
          "name": string;
        };
        Update: {
          "account_id"?: string;
          "attempt"?: number;
          "customer_id"?: string | null;
          "email"?: string | null;
          "livemode"?: boolean;
          "name"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "stripe_customers_account_id_fkey";
            columns: ["account_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "test_results": {
        Row: {
          "attempt": number;
          "class_name": string;
          "cost_usd": number | null;
          "cpu_percent": number | null;
          "created_at": string;
          "duration_secs": number | null;
          "error_class": string | null;
          "error_message": string | null;
          "execution_status": string | null;
          "extra": Json | null;
          "failure_fingerprint": string | null;
          "file_path": string | null;
          "fingerprint_version": number | null;
          "id": number;
          "is_counted": boolean;
          "line_number": number | null;
          "memory_mb": number | null;
          "model": string;
          "ordinal": number;
          "owner_id": string;
          "provider": string;
          "run_id": number;
          "status": string;
          "test_key": string;
          "tokens_total": number | null;
          "tool_name": string;
          "variation": string;
          "watcher_observations": Json | null;
          "watcher_quality": number | null;
        };
        ComputedFields: never;
        Insert: {
          "attempt"?: number;
          "class_name"?: string;
          "cost_usd"?: number | null;
          "cpu_percent"?: number | null;
          "created_at"?: string;
          "duration_secs"?: number | null;
          "error_class"?: string | null;
          "error_message"?: string | null;
          "execution_status"?: string | null;
          "extra"?: Json | null;
          "failure_fingerprint"?: string | null;
          "file_path"?: string | null;
          "fingerprint_version"?: number | null;
          "id"?: never;
          "is_counted"?: boolean;
          "line_number"?: number | null;
          "memory_mb"?: number | null;
          "model"?: string;
          "ordinal": number;
          "owner_id": string;
          "provider"?: string;
          "run_id": number;
          "status": string;
          "test_key"?: never;
          "tokens_total"?: number | null;
          "tool_name": string;
          "variation"?: string;
          "watcher_observations"?: Json | null;
          "watcher_quality"?: number | null;
        };
        Update: {
          "attempt"?: number;
          "class_name"?: string;
          "cost_usd"?: number | null;
          "cpu_percent"?: number | null;
          "created_at"?: string;
          "duration_secs"?: number | null;
          "error_class"?: string | null;
          "error_message"?: string | null;
          "execution_status"?: string | null;
          "extra"?: Json | null;
          "failure_fingerprint"?: string | null;
          "file_path"?: string | null;
          "fingerprint_version"?: number | null;
          "id"?: never;
          "is_counted"?: boolean;
          "line_number"?: number | null;
          "memory_mb"?: number | null;
          "model"?: string;
          "ordinal"?: number;
          "owner_id"?: string;
          "provider"?: string;
          "run_id"?: number;
          "status"?: string;
          "test_key"?: never;
          "tokens_total"?: number | null;
          "tool_name"?: string;
          "variation"?: string;
          "watcher_observations"?: Json | null;
          "watcher_quality"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "test_results_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "test_results_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_failing_tests";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "test_results_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_latest_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "test_results_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "test_results_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["id"];
          },
        ];
      };
      "test_runs": {
        Row: {
          "avg_watcher_quality": number | null;
          "branch_name": string;
          "commit_hash": string | null;
          "completed_at": string | null;
          "created_at": string;
          "extra": Json | null;
          "id": number;
          "idempotency_key": string | null;
          "notes": string | null;
          "owner_id": string;
          "pass_rate": number | null;
          "request_hash": string | null;
          "run_timestamp": string;
          "source_format": string;
          "source_hash": string | null;
          "status": string;
          "suite": string;
          "tests_failed": number;
          "tests_passed": number;
          "tests_skipped": number;
          "total_cost_usd": number;
          "total_duration_secs": number;
          "total_tests": number;
          "warnings": NonNullable<Json>;
          "watcher_cost_usd": number;
          "watcher_model": string | null;
        };
        ComputedFields: never;
        Insert: {
          "avg_watcher_quality"?: number | null;
          "branch_name"?: string;
          "commit_hash"?: string | null;
          "completed_at"?: string | null;
          "created_at"?: string;
          "extra"?: Json | null;
          "id"?: never;
          "idempotency_key"?: string | null;
          "notes"?: string | null;
          "owner_id": string;
          "pass_rate"?: number | null;
          "request_hash"?: string | null;
          "run_timestamp"?: string;
          "source_format"?: string;
          "source_hash"?: string | null;
          "status"?: string;
          "suite"?: string;
          "tests_failed"?: number;
          "tests_passed"?: number;
          "tests_skipped"?: number;
          "total_cost_usd"?: number;
          "total_duration_secs"?: number;
          "total_tests"?: number;
          "warnings"?: NonNullable<Json>;
          "watcher_cost_usd"?: number;
          "watcher_model"?: string | null;
        };
        Update: {
          "avg_watcher_quality"?: number | null;
          "branch_name"?: string;
          "commit_hash"?: string | null;
          "completed_at"?: string | null;
          "created_at"?: string;
          "extra"?: Json | null;
          "id"?: never;
          "idempotency_key"?: string | null;
          "notes"?: string | null;
          "owner_id"?: string;
          "pass_rate"?: number | null;
          "request_hash"?: string | null;
          "run_timestamp"?: string;
          "source_format"?: string;
          "source_hash"?: string | null;
          "status"?: string;
          "suite"?: string;
          "tests_failed"?: number;
          "tests_passed"?: number;
          "tests_skipped"?: number;
          "total_cost_usd"?: number;
          "total_duration_secs"?: number;
          "total_tests"?: number;
          "warnings"?: NonNullable<Json>;
          "watcher_cost_usd"?: number;
          "watcher_model"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "test_runs_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "watcher_insights": {
        Row: {
          "anomalies": (string)[];
          "confidence_level": string | null;
          "cost_usd": number | null;
          "created_at": string;
          "id": number;
          "is_malformed": boolean;
          "model": string | null;
          "owner_id": string;
          "quality_score": number | null;
          "raw_observation": Json | null;
          "recommendations": (string)[];
          "strengths": (string)[];
          "test_result_id": number;
          "weaknesses": (string)[];
        };
        ComputedFields: never;
        Insert: {
          "anomalies"?: (string)[];
          "confidence_level"?: string | null;
          "cost_usd"?: number | null;
          "created_at"?: string;
          "id"?: never;
          "is_malformed"?: boolean;
          "model"?: string | null;
          "owner_id": string;
          "quality_score"?: number | null;
          "raw_observation"?: Json | null;
          "recommendations"?: (string)[];
          "strengths"?: (string)[];
          "test_result_id": number;
          "weaknesses"?: (string)[];
        };
        Update: {
          "anomalies"?: (string)[];
          "confidence_level"?: string | null;
          "cost_usd"?: number | null;
          "created_at"?: string;
          "id"?: never;
          "is_malformed"?: boolean;
          "model"?: string | null;
          "owner_id"?: string;
          "quality_score"?: number | null;
          "raw_observation"?: Json | null;
          "recommendations"?: (string)[];
          "strengths"?: (string)[];
          "test_result_id"?: number;
          "weaknesses"?: (string)[];
        };
        Relationships: [
          {
            foreignKeyName: "watcher_insights_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "watcher_insights_test_result_id_fkey";
            columns: ["test_result_id"];
            isOneToOne: true;
            referencedRelation: "report_failing_tests";
            referencedColumns: ["test_result_id"];
          },
          {
            foreignKeyName: "watcher_insights_test_result_id_fkey";
            columns: ["test_result_id"];
            isOneToOne: true;
            referencedRelation: "test_results";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Views: {
      "report_account_spend": {
        Row: {
          "account_id": string | null;
          "month": string | null;
          "part": string | null;
          "usd": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_chat_budgets": {
        Row: {
          "ceiling_usd": number | null;
          "reserved_usd": number;
          "scope": string | null;
          "spent_usd": number;
          "starts_on": string;
          "user_id": string | null;
          "written_off_usd": number;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_chat_costs": {
        Row: {
          "cached_tokens": number | null;
          "cost_usd": number | null;
          "day": string | null;
          "estimated_usd": number | null;
          "input_tokens": number | null;
          "known_usd": number | null;
          "output_tokens": number | null;
          "requests": number | null;
          "unpriced_requests": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_chat_errors": {
        Row: {
          "error_type": string | null;
          "errors": number | null;
          "failed_step": string | null;
          "percent_of_errors": number | null;
          "percent_of_requests": number | null;
          "requests": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_chat_latencies": {
        Row: {
          "p50_ms": number | null;
          "p95_ms": number | null;
          "p99_ms": number | null;
          "requests": number | null;
          "step": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_chat_latencies_overall": {
        Row: {
          "p50_ms": number | null;
          "p95_ms": number | null;
          "p99_ms": number | null;
          "requests": number | null;
          "step": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_chat_models": {
        Row: {
          "mean_cached_tokens": number | null;
          "mean_input_tokens": number | null;
          "mean_output_tokens": number | null;
          "model": string | null;
          "p50_ms": number | null;
          "p95_ms": number | null;
          "requests": number | null;
          "step": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_chat_off_topic": {
        Row: {
          "day": string | null;
          "off_topic": number | null;
          "percent_off_topic": number | null;
          "requests": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_chat_patterns": {
        Row: {
          "example": string | null;
          "mean_execution_ms": number | null;
          "mean_rows": number | null;
          "requests": number | null;
          "sql_fingerprint": string | null;
          "sql_shape_hash": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_chat_rated_answers": {
        Row: {
          "ai_response": string | null;
          "cost_usd": number | null;
          "error_type": string | null;
          "generated_sql": string | null;
          "log_id": string;
          "rated_at": string;
          "rating": number;
          "reason": string | null;
          "response_model": string | null;
          "sql_model": string | null;
          "ttfb_ms": number | null;
          "user_question": string;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_chat_ratings": {
        Row: {
          "down": number | null;
          "mean_cost_usd": number | null;
          "p50_ttfb_ms": number | null;
          "percent_up": number | null;
          "rated": number | null;
          "requests": number | null;
          "response_model": string | null;
          "sql_model": string | null;
          "up": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_chat_users": {
        Row: {
          "cached_tokens": number | null;
          "cost_usd": number | null;
          "errors": number | null;
          "estimated_usd": number | null;
          "input_tokens": number | null;
          "known_usd": number | null;
          "off_topic": number | null;
          "output_tokens": number | null;
          "requests": number | null;
          "unpriced_requests": number | null;
          "user_id": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_counted_figures": {
        Row: {
          "accuracy_squares": number;
          "accuracy_sum": number;
          "cost_sum": number;
          "costs_known": number | null;
          "exact_matches": number;
          "model_id": string;
          "report_id": string;
          "runs_attempted": number | null;
          "runs_completed": number | null;
          "served_other": boolean;
          "times": (number)[] | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "model_figures_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "model_figures_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_dead_letters": {
        Row: {
          "attempts": number;
          "crashes": number;
          "created_at": string;
          "dead_at": string | null;
          "job_id": number;
          "kind": string;
          "last_error": string | null;
          "payload": NonNullable<Json>;
        };
        ComputedFields: never;
        Insert: {
          "attempts"?: number | null;
          "crashes"?: number | null;
          "created_at"?: string | null;
          "dead_at"?: string | null;
          "job_id"?: number | null;
          "kind"?: string | null;
          "last_error"?: string | null;
          "payload"?: Json | null;
        };
        Update: {
          "attempts"?: number | null;
          "crashes"?: number | null;
          "created_at"?: string | null;
          "dead_at"?: string | null;
          "job_id"?: number | null;
          "kind"?: string | null;
          "last_error"?: string | null;
          "payload"?: Json | null;
        };
        Relationships: [];
      };
      "report_error_patterns": {
        Row: {
          "common_actual": Json | null;
          "common_expected": Json | null;
          "field_path": string | null;
          "format_only": boolean | null;
          "model_id": string | null;
          "occurrences": number | null;
          "percentage": number | null;
          "report_id": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_failing_tests": {
        Row: {
          "branch_name": string;
          "class_name": string;
          "confidence_level": string | null;
          "duration_secs": number | null;
          "error_class": string | null;
          "error_message": string | null;
          "file_path": string | null;
          "issue_code": string | null;
          "issue_title": string | null;
          "issue_trend": string | null;
          "line_number": number | null;
          "model": string;
          "owner_id": string;
          "provider": string;
          "recommendations": (string)[] | null;
          "run_id": number;
          "run_timestamp": string;
          "status": string;
          "suite": string;
          "test_result_id": number;
          "tool_name": string;
          "variation": string;
          "watcher_quality": number | null;
          "weaknesses": (string)[] | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "test_runs_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_field_errors": {
        Row: {
          "actual": Json | null;
          "expected": Json | null;
          "field_path": string | null;
          "format_only": boolean;
          "model_id": string;
          "occurrences": number | null;
          "percentage": number | null;
          "report_id": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "model_figures_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "model_figures_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_flaky_tests": {
        Row: {
          "branch_name": string;
          "class_name": string;
          "failures": number | null;
          "is_broken": boolean | null;
          "mixed_commits": number | null;
          "model": string;
          "owner_id": string;
          "provider": string;
          "retried_runs": number | null;
          "runs": number | null;
          "suite": string;
          "tool_name": string;
          "transition_score": number | null;
          "transitions": number | null;
          "variation": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "test_runs_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_issue_flow": {
        Row: {
          "detected": number | null;
          "owner_id": string;
          "regressed": number | null;
          "resolved": number | null;
          "suite": string;
          "week": string | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "issue_status_changes_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_issue_resolution": {
        Row: {
          "affected_tools": (string)[];
          "category": string;
          "days_to_resolve": number | null;
          "first_detected_at": string | null;
          "issue_code": string;
          "issue_id": number;
          "last_detected_at": string | null;
          "occurrence_count": number;
          "owner_id": string;
          "priority": string;
          "regressions": number | null;
          "resolved_at": string | null;
          "resolved_run_id": number | null;
          "run_count": number;
          "status": string;
          "suite": string;
          "title": string;
          "trend": string;
        };
        ComputedFields: never;
        Insert: {
          "affected_tools"?: (string)[] | null;
          "category"?: string | null;
          "days_to_resolve"?: never;
          "first_detected_at"?: string | null;
          "issue_code"?: string | null;
          "issue_id"?: number | null;
          "last_detected_at"?: string | null;
          "occurrence_count"?: number | null;
          "owner_id"?: string | null;
          "priority"?: string | null;
          "regressions"?: never;
          "resolved_at"?: string | null;
          "resolved_run_id"?: number | null;
          "run_count"?: number | null;
          "status"?: string | null;
          "suite"?: string | null;
          "title"?: string | null;
          "trend"?: string | null;
        };
        Update: {
          "affected_tools"?: (string)[] | null;
          "category"?: string | null;
          "days_to_resolve"?: never;
          "first_detected_at"?: string | null;
          "issue_code"?: string | null;
          "issue_id"?: number | null;
          "last_detected_at"?: string | null;
          "occurrence_count"?: number | null;
          "owner_id"?: string | null;
          "priority"?: string | null;
          "regressions"?: never;
          "resolved_at"?: string | null;
          "resolved_run_id"?: number | null;
          "run_count"?: number | null;
          "status"?: string | null;
          "suite"?: string | null;
          "title"?: string | null;
          "trend"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "issues_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "issues_resolved_run_id_fkey";
            columns: ["resolved_run_id"];
            isOneToOne: false;
            referencedRelation: "report_failing_tests";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_resolved_run_id_fkey";
            columns: ["resolved_run_id"];
            isOneToOne: false;
            referencedRelation: "report_latest_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_resolved_run_id_fkey";
            columns: ["resolved_run_id"];
            isOneToOne: false;
            referencedRelation: "report_test_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "issues_resolved_run_id_fkey";
            columns: ["resolved_run_id"];
            isOneToOne: false;
            referencedRelation: "test_runs";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_latest_test_runs": {
        Row: {
          "avg_watcher_quality": number | null;
          "branch_name": string;
          "commit_hash": string | null;
          "owner_id": string;
          "pass_rate": number | null;
          "run_id": number;
          "run_timestamp": string;
          "suite": string;
          "tests_failed": number;
          "tests_passed": number;
          "tests_skipped": number;
          "total_cost_usd": number;
          "total_duration_secs": number;
          "total_tests": number;
          "watcher_cost_usd": number;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "test_runs_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_model_changes": {
        Row: {
          "created_at": string;
          "kind": string;
          "model_id": string;
          "new": NonNullable<Json>;
          "old": Json | null;
          "provider": string;
          "source": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string | null;
          "kind"?: string | null;
          "model_id"?: string | null;
          "new"?: Json | null;
          "old"?: Json | null;
          "provider"?: string | null;
          "source"?: string | null;
        };
        Update: {
          "created_at"?: string | null;
          "kind"?: string | null;
          "model_id"?: string | null;
          "new"?: Json | null;
          "old"?: Json | null;
          "provider"?: string | null;
          "source"?: string | null;
        };
        Relationships: [];
      };
      "report_model_summaries": {
        Row: {
          "accuracy": number | null;
          "cost_per_run": number | null;
          "exact_match_rate": number | null;
          "median_latency": number | null;
          "model_id": string;
          "p95_latency": number | null;
          "report_id": string;
          "runs_attempted": number | null;
          "runs_completed": number | null;
          "spread": number | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "model_figures_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "model_figures_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_parked": {
        Row: {
          "failures": number;
          "groups_waiting": number | null;
          "jobs_waiting": number | null;
          "lane": string | null;
          "next_try_at": string | null;
          "provider": string;
          "reason": string;
          "since": string;
          "state": string | null;
          "until": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_payments": {
        Row: {
          "amount": number | null;
          "currency": string | null;
          "dispute_status": string | null;
          "disputed_amount": number | null;
          "livemode": boolean | null;
          "outcome": string;
          "paid_at": string;
          "payment_intent": string | null;
          "refunded_amount": number | null;
          "report_id": string | null;
          "session_id": string | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "stripe_events_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "report_refunds";
            referencedColumns: ["report_id"];
          },
          {
            foreignKeyName: "stripe_events_report_id_fkey";
            columns: ["report_id"];
            isOneToOne: false;
            referencedRelation: "reports";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_prompt_run_models": {
        Row: {
          "cached": number;
          "cancelled": number;
          "complete": number;
          "cost_usd": number | null;
          "cut_off": number;
          "failed": number;
          "graded": number;
          "grader_cost_usd": number;
          "grader_failures": number;
          "label": string;
          "latency_p50_ms": number | null;
          "latency_p95_ms": number | null;
          "mean_score": number | null;
          "model": string;
          "overridden": number;
          "owner_id": string;
          "provider": string;
          "queued": number;
          "run_id": string;
          "run_model_id": string;
          "running": number;
          "skipped": number;
          "tokens_cached": number;
          "tokens_in": number;
          "tokens_out": number;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "run_models_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "run_models_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "report_prompt_runs";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "run_models_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "runs";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_prompt_runs": {
        Row: {
          "cancelled": number | null;
          "cell_count": number;
          "complete": number | null;
          "completed_at": string | null;
          "cost_ceiling_usd": number;
          "cost_usd": number | null;
          "created_at": string;
          "cut_off": number | null;
          "dataset_name": string | null;
          "dataset_version": number | null;
          "error": string | null;
          "estimated_cost_usd": number | null;
          "failed": number | null;
          "graded": number | null;
          "grader_cost_usd": number | null;
          "grader_type": string | null;
          "mean_score": number | null;
          "name": string;
          "owner_id": string;
          "prompt_id": string;
          "prompt_name": string;
          "prompt_version": number;
          "repeats": number;
          "run_id": string;
          "skipped": number | null;
          "started_at": string | null;
          "status": string;
          "tokens_in": number | null;
          "tokens_out": number | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "runs_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_refunds": {
        Row: {
          "currency": string | null;
          "error": string | null;
          "failed_at": string | null;
          "last_error": string | null;
          "livemode": boolean | null;
          "owed_amount": number | null;
          "payment_intent": string | null;
          "refund_requested_at": string | null;
          "report_id": string;
          "state": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "report_slowing_tests": {
        Row: {
          "branch_name": string;
          "class_name": string;
          "cost_before_usd": number | null;
          "cost_now_usd": number | null;
          "cost_ratio": number | null;
          "duration_before_secs": number | null;
          "duration_now_secs": number | null;
          "duration_ratio": number | null;
          "model": string;
          "owner_id": string;
          "provider": string;
          "runs": number | null;
          "suite": string;
          "tool_name": string;
          "variation": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "test_runs_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_test_costs": {
        Row: {
          "cost_usd": number | null;
          "day": string | null;
          "duration_secs": number | null;
          "model": string;
          "owner_id": string;
          "provider": string;
          "results": number | null;
          "results_without_cost": number | null;
          "suite": string;
          "tokens": number | null;
          "tool_name": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "test_runs_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
      "report_test_runs": {
        Row: {
          "avg_watcher_quality": number | null;
          "branch_name": string;
          "commit_hash": string | null;
          "cost_change_usd": number | null;
          "duration_change_secs": number | null;
          "owner_id": string;
          "pass_rate": number | null;
          "pass_rate_change": number | null;
          "previous_run_id": number | null;
          "quality_change": number | null;
          "run_id": number;
          "run_timestamp": string;
          "status": string;
          "suite": string;
          "tests_failed": number;
          "tests_failed_change": number | null;
          "tests_passed": number;
          "tests_skipped": number;
          "total_cost_usd": number;
          "total_duration_secs": number;
          "total_tests": number;
          "watcher_cost_usd": number;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "test_runs_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "accounts";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Functions: {
      "accept_invitation": { Args: { "p_token": string }; Returns: Json };
      "add_dataset_rows": {
        Args: { "p_dataset": string; "p_first_index": number; "p_lines": string };
        Returns: undefined;
      };
      "add_report_results": {
        Args: { "p_others": Json; "p_owner": string; "p_passed": Json; "p_run": number };
        Returns: undefined;
      };
      "add_test_results": {
        Args: { "p_owner": string; "p_results": Json; "p_run": number };
        Returns: Json;
      };
      "advance_benchmark_runs": {
        Args: {
          "p_group"?: string;
          "p_prefetch"?: boolean;
          "p_results": Json;
          "p_want": number;
          "p_worker": string;
        };
        Returns: Json;
      };
      "advance_jobs": {
        Args: { "p_kinds": (string)[]; "p_results": Json; "p_want": number; "p_worker": string };
        Returns: Json;
      };
      "advance_prompt_cells": {
        Args: {
          "p_group"?: string;
          "p_prefetch"?: boolean;
          "p_results": Json;
          "p_want": number;
          "p_worker": string;
        };
        Returns: Json;
      };
      "advance_race": {
        Args: {
          "p_attempt": number;
          "p_job_id": number;
          "p_stopped": (string)[];
          "p_worker": string;
        };
        Returns: boolean;
      };
      "advance_rescoring": {
        Args: { "p_attempt": number; "p_job_id": number; "p_scores": Json; "p_worker": string };
        Returns: boolean;
      };
      "advance_watcher": {
        Args: { "p_group"?: string; "p_results": Json; "p_want": number; "p_worker": string };
        Returns: Json;
      };
      "apply_rescoring": {
        Args: {
          "p_rationale": string;
          "p_recommended": string;
          "p_report": string;
          "p_revision": number;
          "p_summary": Json;
        };
        Returns: boolean;
      };
      "apply_stripe_event": {
        Args: {
          "p_created": string;
          "p_event_id": string;
          "p_paid": boolean;
          "p_payload": Json;
          "p_payment_intent": string;
          "p_report": string;
          "p_session_id": string;
          "p_type": string;
        };
        Returns: Json;
      };
      "await_payment": {
        Args: { "p_checkout_url": string; "p_report": string; "p_session_id": string };
        Returns: undefined;
      };
      "begin_chat_turn": {
        Args: {
          "p_account": string;
          "p_bound_usd": number;
          "p_conversation": string;
          "p_limit_per_minute": number;
          "p_question": string;
          "p_user"?: string;
        };
        Returns: Json;
      };
      "begin_test_run": {
        Args: { "p_idempotency_key"?: string; "p_owner": string; "p_run": Json };
        Returns: Json;
      };
      "cancel_prompt_run": { Args: { "p_owner": string; "p_run": string }; Returns: Json };
      "change_sharing_by_link": {
        Args: {
          "p_change": string;
          "p_expires_at": string;
          "p_shares_order": boolean;
          "p_token": string;
        };
        Returns: Json;
      };
      "chat_schema": { Args: Record<PropertyKey, never>; Returns: Json };
      "claim_customer": {
        Args: { "p_account": string; "p_email": string; "p_livemode": boolean; "p_lost": string };
        Returns: Json;
      };
      "close_dataset": {
        Args: { "p_columns": (string)[]; "p_dataset": string; "p_row_count": number };
        Returns: Json;
      };
      "close_test_report": {
        Args: { "p_amendments": Json; "p_fields": Json; "p_owner": string; "p_run": number };
        Returns: Json;
      };
      "compare_prompt_runs": {
        Args: { "p_after": string; "p_before": string; "p_owner": string };
        Returns: Json;
      };
      "compare_test_runs": {
        Args: { "p_after": number; "p_before": number };
        Returns: {
          "after_duration_secs": number;
          "after_status": string;
          "before_duration_secs": number;
          "before_status": string;
          "bucket": string;
          "class_name": string;
          "error_message": string;
          "model": string;
          "provider": string;
          "tool_name": string;
          "variation": string;
        }[];
      };
      "create_account": { Args: { "p_name": string }; Returns: Json };
      "create_account_key": {
        Args: {
          "p_account": string;
          "p_expires_at"?: string;
          "p_name": string;
          "p_scopes": (string)[];
        };
        Returns: Json;
      };
      "delete_account": { Args: { "p_account": string }; Returns: undefined };
      "delete_report": { Args: { "p_report": string }; Returns: Json };
      "draft_again": { Args: { "p_owner": string; "p_report": string }; Returns: Json };
      "fail_rescoring": {
        Args: { "p_error": string; "p_report": string; "p_revision": number };
        Returns: undefined;
      };
      "finalize_report": {
        Args: {
          "p_attempt": number;
          "p_error": string;
          "p_job_id": number;
          "p_rationale": string;
          "p_recommended": string;
          "p_status": string;
          "p_summary": Json;
          "p_worker": string;
        };
        Returns: boolean;
      };
      "find_checkout": { Args: { "p_session": string }; Returns: Json };
      "find_missing_field": {
        Args: { "p_dataset": string; "p_fields": (string)[]; "p_owner": string };
        Returns: Json;
      };
      "find_prompt_run": {
        Args: { "p_idempotency_key": string; "p_owner": string; "p_request_hash": string };
        Returns: Json;
      };
      "finish_chat_turn": {
        Args: {
          "p_account": string;
          "p_content": string;
          "p_conversation": string;
          "p_cost_usd": number;
          "p_follow_ups": Json;
          "p_response_id": string;
          "p_rows": Json;
          "p_sql": string;
        };
        Returns: string;
      };
      "finish_test_run": {
        Args: { "p_owner": string; "p_run": number; "p_status"?: string };
        Returns: Json;
      };
      "get_prompt_run": {
        Args: { "p_after"?: number; "p_limit"?: number; "p_owner": string; "p_run": string };
        Returns: Json;
      };
      "get_shared_report": { Args: { "p_token": string }; Returns: Json };
      "import_issues": { Args: { "p_issues": Json; "p_owner": string }; Returns: Json };
      "invite_member": {
        Args: { "p_account": string; "p_email": string; "p_role"?: string };
        Returns: Json;
      };
      "is_refund_owed": { Args: { "p_report": string }; Returns: boolean };
      "keep_customer": {
        Args: {
          "p_account": string;
          "p_attempt": number;
          "p_customer": string;
          "p_livemode": boolean;
        };
        Returns: string;
      };
      "list_orphan_dataset_files": {
        Args: { "p_limit": number; "p_older_than": string };
        Returns: string[];
      };
      "list_orphan_images": {
        Args: { "p_limit": number; "p_older_than": string };
        Returns: string[];
      };
      "list_related_reports": { Args: { "p_owner": string; "p_report": string }; Returns: Json };
      "load_finalization": { Args: { "p_report": string }; Returns: Json };
      "load_parked": { Args: { "p_provider": string }; Returns: Json };
      "load_prompt_run": { Args: { "p_run": string }; Returns: Json };
      "load_race": { Args: { "p_report": string }; Returns: Json };
      "load_report": { Args: { "p_report": string }; Returns: Json };
      "load_rescored": { Args: { "p_report": string }; Returns: Json };
      "load_rescoring": {
        Args: {
          "p_most_characters": number;
          "p_most_runs": number;
          "p_report": string;
          "p_revision": number;
        };
        Returns: Json;
      };
      "lookup_cached_answers": { Args: { "p_calls": Json; "p_run": string }; Returns: Json };
      "mcnemar_exact_p": { Args: { "p_better": number; "p_worse": number }; Returns: number };
      "open_dataset": {
        Args: {
          "p_content_hash": string;
          "p_delimiter": string;
          "p_file_bytes": number;
          "p_file_path": string;
          "p_format": string;
          "p_id": string;
          "p_name": string;
          "p_owner": string;
        };
        Returns: Json;
      };
      "open_owner_link": { Args: { "p_token": string }; Returns: Json };
      "open_prompt_run": {
        Args: {
          "p_idempotency_key"?: string;
          "p_owner": string;
          "p_request_hash"?: string;
          "p_run": Json;
        };
        Returns: Json;
      };
      "open_report": {
        Args: {
          "p_config": Json;
          "p_config_hash": string;
          "p_currency": string;
          "p_draft": string;
          "p_estimate": number;
          "p_idempotency_key"?: string;
          "p_livemode": boolean;
          "p_owner": string;
          "p_price_amount": number;
          "p_reports"?: number;
          "p_request_hash"?: string;
          "p_use_credit"?: boolean;
          "p_user"?: string;
        };
        Returns: Json;
      };
      "read_dataset": {
        Args: { "p_characters": number; "p_dataset": string; "p_owner": string; "p_rows": number };
        Returns: Json;
      };
      "read_test_history": {
        Args: { "p_branch": string; "p_owner": string; "p_runs"?: number; "p_suite": string };
        Returns: Json;
      };
      "read_test_run": { Args: { "p_owner": string; "p_run": number }; Returns: Json };
      "read_watcher_observations": { Args: { "p_owner": string; "p_run": number }; Returns: Json };
      "register_worker": {
        Args: {
          "p_function": string;
          "p_group": string;
          "p_ttl_seconds": number;
          "p_unrecorded_starts"?: number;
          "p_worker": string;
        };
        Returns: number;
      };
      "release_worker": { Args: { "p_chain": boolean; "p_worker": string }; Returns: undefined };
      "remove_member": {
        Args: { "p_account": string; "p_keep_keys"?: boolean; "p_user": string };
        Returns: undefined;
      };
      "renew_leases": {
        Args: { "p_unrecorded_starts"?: number; "p_worker": string };
        Returns: number;
      };
      "rescore_report": { Args: { "p_json_schema"?: Json; "p_report": string }; Returns: Json };
      "rescore_reports": { Args: { "p_limit"?: number }; Returns: number };
      "resume_prompt_run": {
        Args: { "p_cost_ceiling_usd"?: number; "p_owner": string; "p_run": string };
        Returns: Json;
      };
      "resume_provider": { Args: { "p_provider": string }; Returns: number };
      "resume_report": { Args: { "p_report": string }; Returns: number };
      "retry_failed_cells": { Args: { "p_owner": string; "p_run": string }; Returns: Json };
      "retry_report": { Args: { "p_report": string }; Returns: number };
      "revoke_account_key": { Args: { "p_key": string }; Returns: undefined };
      "revoke_invitation": { Args: { "p_invitation": string }; Returns: undefined };
      "revoke_share_token": { Args: { "p_report": string }; Returns: Json };
      "rotate_owner_link": { Args: { "p_report": string }; Returns: Json };
      "rotate_share_token": { Args: { "p_report": string }; Returns: Json };
      "run_chat_query": {
        Args: {
          "p_account": string;
          "p_max_bytes"?: number;
          "p_max_rows"?: number;
          "p_sql": string;
          "p_timeout_ms"?: number;
          "p_user"?: string;
        };
        Returns: Json;
      };
      "set_account_budgets": {
        Args: {
          "p_account": string;
          "p_prompts_usd_per_month": number;
          "p_reviews_usd_per_day": number;
        };
        Returns: Json;
      };
      "set_member_role": {
        Args: { "p_account": string; "p_keep_keys"?: boolean; "p_role": string; "p_user": string };
        Returns: Json;
      };
      "set_sharing": {
        Args: { "p_expires_at": string; "p_report": string; "p_shares_order": boolean };
        Returns: Json;
      };
      "summarize_test_run_comparison": {
        Args: { "p_after": number; "p_before": number };
        Returns: {
          "fixed": number;
          "in_both": number;
          "mcnemar_p": number;
          "new": number;
          "not_run": number;
          "passing": number;
          "recurring": number;
          "regressed": number;
        }[];
      };
      "take_asking": {
        Args: { "p_asker": string; "p_kind": string; "p_limit_per_minute": number };
        Returns: number;
      };
      "view_report": {
        Args: {
          "p_report": string;
          "p_revision"?: number;
          "p_token": string;
          "p_viewer": string;
          "p_with_runs": boolean;
        };
        Returns: Json;
      };
      "view_report_images": {
        Args: { "p_report": string; "p_token": string; "p_viewer": string };
        Returns: Json;
      };
      "view_report_progress": {
        Args: { "p_report": string; "p_token": string; "p_viewer": string };
        Returns: Json;
      };
    };
    Enums: {
      "account_role": "viewer" | "member" | "admin" | "owner";
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof (
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
    )
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals } ? (
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
  )[TableName] extends {
    Row: infer R;
  } ? R
  : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R;
    } ? R
    : never
  : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends
    {
      Insert: infer I;
    } ? I
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I;
    } ? I
    : never
  : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends
    {
      Update: infer U;
    } ? U
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U;
    } ? U
    : never
  : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][
    CompositeTypeName
  ]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never;

export const Constants = {
  "chat": {
    Enums: {},
  },
  "public": {
    Enums: {
      "account_role": ["viewer", "member", "admin", "owner"],
    },
  },
} as const;
