-- Local only: our own OCR service, the free baseline that any paid model has to beat. A hosted project
-- has no such service unless LOCAL_BASE_URL names one.
insert into public.models
  (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, context_length,
   supports_structured_output)
values
  ('local/tesseract-fast', 'Tesseract fast', 'ModelPick', 'budget', 'local', 0, 0, 0, 100000, true),
  ('local/tesseract-best', 'Tesseract best', 'ModelPick', 'budget', 'local', 0, 0, 0, 100000, true),
  ('local/tesseract-sparse', 'Tesseract sparse', 'ModelPick', 'budget', 'local', 0, 0, 0, 100000, true),
  ('local/paddleocr', 'PaddleOCR', 'ModelPick', 'budget', 'local', 0, 0, 0, 100000, true)
on conflict (id) do nothing;
